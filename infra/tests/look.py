"""Looks at the local AWS with AWS's own client for Python: the tests ask it what is there. It shares no code with sluice.

Each line of standard input is a call, {"service": ..., "operation": ..., "arguments": {...}}; each line of standard
output is its answer, or {"refused": {"code": ..., "message": ...}}. Bytes are {"base64": ...}, in both directions.
The address comes from AWS_ENDPOINT_URL and the credentials from the usual variables.
"""

import base64
import json
import sys
from functools import cache

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.response import StreamingBody


@cache
def client(service):
    return boto3.client(service, config=Config(s3={"addressing_style": "path"}))


def taken(value):
    """An argument as boto3 wants it."""
    if isinstance(value, dict):
        if value.keys() == {"base64"}:
            return base64.b64decode(value["base64"])
        return {name: taken(inner) for name, inner in value.items()}
    return [taken(inner) for inner in value] if isinstance(value, list) else value


def given(value):
    """What JSON has no form for."""
    if isinstance(value, StreamingBody):
        value = value.read()
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    return str(value)


def called(service, operation, arguments):
    """The answer, with all pages of it where there are several."""
    if client(service).can_paginate(operation):
        return client(service).get_paginator(operation).paginate(**arguments).build_full_result()
    answer = getattr(client(service), operation)(**arguments)
    answer.pop("ResponseMetadata")
    return answer


def main():
    for line in sys.stdin:
        call = json.loads(line)
        try:
            answer = called(call["service"], call["operation"], taken(call.get("arguments", {})))
        except ClientError as error:
            answer = {"refused": {"code": error.response["Error"]["Code"], "message": error.response["Error"]["Message"]}}
        print(json.dumps(answer, default=given), flush=True)


if __name__ == "__main__":
    main()
