"""Calls a function of the local AWS once: invoke.py ADDRESS FUNCTION. If it fails, so does this, with what it said."""

import sys

import boto3

from local_aws import ADMINISTRATOR, REGION


def main():
    address, function = sys.argv[1:]
    client = boto3.client(
        "lambda", endpoint_url=address, region_name=REGION, aws_access_key_id=ADMINISTRATOR["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=ADMINISTRATOR["AWS_SECRET_ACCESS_KEY"],
    )
    answer = client.invoke(FunctionName=function, Payload=b"{}")
    if answer.get("FunctionError"):
        sys.exit(answer["Payload"].read().decode())


if __name__ == "__main__":
    main()
