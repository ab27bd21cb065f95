"""Makes of a SAM template what the local CloudFormation takes, without changing what it says.

As `sam package` does, it puts built functions and workflow files into a bucket; and it expands the SAM resources
itself, because MiniStack would do so without the deployment's parameters.
"""

import json
import logging
import os
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from samtranslator.internal.managed_policies import get_bundled_managed_policy_map
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

# Names that only MiniStack asks for.
BATCHES = {"sqs:SendMessage": "sqs:SendMessageBatch", "sns:Publish": "sns:PublishBatch"}

# It complains about a switch of its own that is missing.
logging.getLogger("samtranslator").setLevel(logging.ERROR)


class Unfit(Exception):
    """The template cannot be deployed here; the message says why."""


def read(path):
    """The template as it stands in the file."""
    return yaml_parse(Path(path).read_text(encoding="utf-8"))


def packaged(template, bucket, base):
    """The template with every local file replaced by its place in the bucket, the functions' programs, and the files."""
    programs, files = {}, {}

    def stored(path):
        source = (base / path).resolve()
        key = f"files/{source.name}"
        files[key] = source
        return {"Bucket": bucket, "Key": key}

    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Serverless::Function":
            program = resource["Metadata"]["BuildProperties"]["Binary"]
            programs[f"functions/{program}.zip"] = program
            properties["CodeUri"] = {"Bucket": bucket, "Key": f"functions/{program}.zip"}
        elif resource["Type"] == "AWS::Serverless::StateMachine":
            properties["DefinitionUri"] = stored(properties["DefinitionUri"])
    return template, programs, files


def expanded(template, parameters, region):
    """Plain CloudFormation: what the SAM transform makes of the template with these parameters."""

    class Policies:
        def load(self):
            return get_bundled_managed_policy_map()

    os.environ["AWS_DEFAULT_REGION"] = region
    try:
        return transform(template, dict(parameters), Policies())
    except InvalidDocumentException as error:
        raise Unfit("SAM does not take the template: " + "; ".join(cause.message for cause in error.causes)) from error


def as_ministack_reads(template):
    """The template with what MiniStack understands otherwise than AWS spelled out: `Ref` of a secret is its ARN, not its
    name; and who may send a message may send a batch of them, for which IAM has no action of its own."""
    resources = template["Resources"].items()
    secrets = {name for name, resource in resources if resource["Type"] == "AWS::SecretsManager::Secret"}

    def spelled_out(node):
        if isinstance(node, list):
            return [spelled_out(inner) for inner in node]
        if not isinstance(node, dict):
            return node
        if node.keys() == {"Ref"} and node["Ref"] in secrets:
            return {"Fn::GetAtt": [node["Ref"], "Id"]}
        changed = {name: spelled_out(inner) for name, inner in node.items()}
        if "Effect" in node and "Action" in node:
            actions = [node["Action"]] if isinstance(node["Action"], str) else node["Action"]
            changed["Action"] = [*actions, *(BATCHES[action] for action in actions if action in BATCHES)]
        return changed

    return spelled_out(template)


def zipped(programs, functions, folder):
    """A zip file for each program of the folder of built functions, by its key."""

    def one(item):
        key, program = item
        source, target = Path(functions) / program, Path(folder) / f"{program}.zip"
        if not source.is_file():
            raise Unfit(f"the template names the function program {program}, and {source} was not built")
        with zipfile.ZipFile(target, "w") as archive:
            entry = zipfile.ZipInfo("bootstrap")
            entry.external_attr = 0o755 << 16
            archive.writestr(entry, source.read_bytes(), zipfile.ZIP_DEFLATED, compresslevel=1)
        return key, target

    with ThreadPoolExecutor() as pool:
        return dict(pool.map(one, programs.items()))


def text_of(template):
    """The template as CloudFormation reads it."""
    return json.dumps(template)
