"""Brings up a local AWS, deploys a template on it, and stays until standard input closes or a signal comes.

It tells whoever started it what it does in lines of JSON: {"doing": ...} as it goes on, then {"ready": {...}} once, or
{"failed": "a sentence"}. Nothing is kept: all of it is in the server's memory and in a folder that goes with it.
"""

import argparse
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from template import Unfit, as_ministack_reads, expanded, packaged, read, text_of, zipped

REGION = "us-east-1"
# The account's own keys: MiniStack knows them from its environment. Functions get those of their role.
ADMINISTRATOR = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
# Variables of the person who starts this would reach the functions.
FOREIGN = ("AWS_", "SLUICE_", "DATABASE_")
STACK = "sluice"
BUCKET = "sluice-deployment"
START_SECONDS = 60
DEPLOY_SECONDS = 180


class Failed(Exception):
    """It cannot go on; the message is for the person who started it."""


def say(**line):
    print(json.dumps(line), flush=True)


class Server:
    """MiniStack in a process group of its own, together with the functions that it runs."""

    def __init__(self, folder, listen, environment):
        self.log = folder / "server.log"
        host_file = folder / "api-host"
        host_file.write_bytes(b"localhost")
        self.host_file = host_file
        aws, api = bound("127.0.0.1", 0), bound(*listen)
        self.port, (self.api_host, self.api_port) = aws.getsockname()[1], api.getsockname()[:2]
        self.url = f"http://127.0.0.1:{self.port}"
        variables = {
            **{name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)},
            **ADMINISTRATOR,
            **environment,
            "AUTH": "true",
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ALLOW_HTTP": "true",
            "GATEWAY_PORT": str(self.port),
            "IOT_MTLS_ENABLED": "0",
            "MINISTACK_REGION": REGION,
            "SFTP_ENABLED": "0",
            "TMPDIR": str(folder),
        }
        front = Path(__file__).with_name("front.py")
        command = [sys.executable, str(front), str(aws.fileno()), str(api.fileno()), str(self.api_port), str(host_file)]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                command, env=variables, stdin=subprocess.PIPE, stdout=log, stderr=log,
                pass_fds=(aws.fileno(), api.fileno()), start_new_session=True,
            )
        aws.close()
        api.close()

    def wait_until_ready(self):
        end = time.monotonic() + START_SECONDS
        client = self.client("sts", retries=0)
        while True:
            try:
                client.get_caller_identity()
                return
            except (BotoCoreError, ClientError) as error:
                if self.process.poll() is not None:
                    raise Failed(f"MiniStack ended while it started: {self.last_words()}") from error
                if time.monotonic() > end:
                    raise Failed(f"MiniStack did not answer within {START_SECONDS} s: {self.last_words()}") from error
                time.sleep(0.05)

    def client(self, service, retries=3):
        return boto3.client(
            service, endpoint_url=self.url, region_name=REGION, aws_access_key_id=ADMINISTRATOR["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=ADMINISTRATOR["AWS_SECRET_ACCESS_KEY"],
            config=Config(read_timeout=120, retries={"max_attempts": retries}, s3={"addressing_style": "path"}),
        )

    def last_words(self):
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    def stop(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


def bound(host, port):
    """A listening socket, so that nobody else can take the port before the server has it."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        raise Failed(f"{host}:{port} cannot be listened on: {error.strerror}") from error
    listener.listen(512)
    return listener


def deploy(server, arguments, folder):
    """Deploys the template; what there is then, by its name in the template."""
    say(doing="packing the functions")
    path = arguments.template
    template, programs, files = packaged(read(path), BUCKET, path.parent)
    uploads = {**zipped(programs, arguments.functions, folder), **files}
    s3 = server.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    for key, source in uploads.items():
        s3.upload_file(str(source), BUCKET, key)
    parameters = dict(arguments.parameters)
    if arguments.database:
        parameters |= database_secrets(server, arguments.database)
    declared = template.get("Parameters", {})
    if unknown := parameters.keys() - declared.keys():
        raise Failed(f"the template has no parameter {', '.join(sorted(unknown))}")
    template = as_ministack_reads(expanded(template, parameters, REGION))
    s3.put_object(Bucket=BUCKET, Key="template.json", Body=text_of(template))

    say(doing="deploying the template")
    stack = create_stack(server, parameters)
    resources = stack_resources(server)
    order_topics(server, template, resources)
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
    deployed = {"resources": resources}
    if arguments.database:
        say(doing="bringing the database up to date")
        migrate(server, resources)
    if api := outputs.get("ApiId"):
        server.host_file.write_bytes(f"{api}.execute-api.localhost".encode())
    if secret := outputs.get("TokenKeySecretArn"):
        deployed["token_key"] = server.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
    return deployed


def database_secrets(server, database):
    """The secret of the owner, and those of the users that the migration makes, by the template's parameters."""
    owner = json.loads(database)
    manager = server.client("secretsmanager")

    def secret(name, **changed):
        made = manager.create_secret(Name=f"sluice/{name}", SecretString=json.dumps({**owner, **changed}))
        return made["ARN"]

    # Users belong to the whole server: each database on it has its own.
    users = {
        user: secret(user, username=f"{owner['dbname']}_{user}", password=secrets.token_urlsafe(30))
        for user in ("api", "worker", "payments")
    }
    return {
        "DatabaseSecretArn": secret("owner"),
        **{f"Database{user.capitalize()}SecretArn": arn for user, arn in users.items()},
    }


def create_stack(server, parameters):
    cloudformation = server.client("cloudformation")
    cloudformation.create_stack(
        StackName=STACK,
        TemplateURL=f"{server.url}/{BUCKET}/template.json",
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        OnFailure="DO_NOTHING",
    )
    end = time.monotonic() + DEPLOY_SECONDS
    while True:
        stack = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
        if stack["StackStatus"] == "CREATE_COMPLETE":
            return stack
        if stack["StackStatus"] != "CREATE_IN_PROGRESS" or time.monotonic() > end:
            raise Failed(f"the stack is {stack['StackStatus']}: {why(cloudformation, stack)}")
        time.sleep(0.1)


def why(cloudformation, stack):
    """What CloudFormation says of the resources that failed."""
    events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"].endswith("FAILED")]
    reasons = [f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'unknown')}" for event in failed]
    return "; ".join(reasons) or stack.get("StackStatusReason", "no reason given")


def stack_resources(server):
    cloudformation = server.client("cloudformation")
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=STACK)
    summaries = [summary for page in pages for summary in page["StackResourceSummaries"]]
    return {
        summary["LogicalResourceId"]: {"id": summary["PhysicalResourceId"], "type": summary["ResourceType"]}
        for summary in summaries
    }


def order_topics(server, template, resources):
    """MiniStack's CloudFormation forgets that a topic is FIFO, and with it the order and that nothing comes twice."""
    sns = server.client("sns")
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::SNS::Topic" and resource["Properties"].get("FifoTopic") and name in resources:
            topic = resources[name]["id"]
            sns.set_topic_attributes(TopicArn=topic, AttributeName="FifoTopic", AttributeValue="true")


def migrate(server, resources):
    answer = server.client("lambda").invoke(FunctionName=resources["MigrateFunction"]["id"], Payload=b"{}")
    body = json.load(answer["Payload"])
    if answer.get("FunctionError") or not (isinstance(body, dict) and body.get("migrated")):
        raise Failed(f"MigrateFunction did not bring the database up to date: {json.dumps(body)}")


def address(text):
    host, _, port = text.rpartition(":")
    return host, int(port)


def arguments_of(line):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listen", type=address, default=("127.0.0.1", 0), help="where the deployed API answers")
    parser.add_argument("--environment", type=json.loads, default={}, help="more variables for MiniStack, as JSON")
    parser.add_argument("--template", type=Path, required=True, help="the template to deploy")
    parser.add_argument("--functions", type=Path, required=True, help="the folder of the functions' programs")
    parser.add_argument("--database", help="RDS's secret of the database that the template uses, as JSON")
    parser.add_argument("--parameters", type=json.loads, default={}, help="parameters of the template, as JSON")
    return parser.parse_args(line)


def end_with_parent():
    """Ends this process in order, wherever it is, once standard input closes: that comes however the parent dies."""
    def reading():
        while sys.stdin.buffer.read(1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
    threading.Thread(target=reading, daemon=True).start()


def main():
    arguments = arguments_of(sys.argv[1:])
    end_with_parent()
    server, folder = None, Path(tempfile.mkdtemp(prefix="sluice-aws-"))
    try:
        say(doing="starting MiniStack")
        server = Server(folder, arguments.listen, arguments.environment)
        server.wait_until_ready()
        deployed = deploy(server, arguments, folder)
        say(ready={
            "endpoint": server.url, "region": REGION, "process": server.process.pid, "log": str(server.log),
            "api": f"http://{server.api_host}:{server.api_port}", **deployed,
        })
        server.process.wait()
        raise Failed(f"MiniStack ended: {server.last_words()}")
    except (Failed, Unfit) as error:
        say(failed=str(error))
        sys.exit(1)
    except (BotoCoreError, ClientError) as error:
        say(failed=f"the local AWS refused: {error}")
        sys.exit(1)
    finally:
        if server:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
