#!/usr/bin/env python3
"""Signs a token of an installation that has no issuer: the key is the text of the secret in output TokenKeySecretArn.

    SLUICE_TOKEN_KEY=$(aws secretsmanager get-secret-value --secret-id ... --query SecretString --output text) \\
        infra/sign_token.py customer zoe
"""

import argparse
import base64
import hashlib
import hmac
import json
import os
import sys
import time


def signed(key, role, sub, warehouse=None, seconds=3600):
    """A JWT (HS256) as handlers/src/token.rs reads it."""
    now = int(time.time())
    claims = {"sub": sub, "role": role, "iss": "sluice", "aud": "sluice", "iat": now, "exp": now + seconds}
    if warehouse:
        claims["warehouse"] = warehouse
    text = b".".join(encoded(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    return (text + b"." + encoded(hmac.new(key, text, hashlib.sha256).digest())).decode()


def encoded(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("role", choices=["customer", "warehouse", "support"])
    parser.add_argument("sub", help="the caller's name")
    parser.add_argument("--warehouse", help="the warehouse's id, with that role")
    arguments = parser.parse_args()
    key = os.environ.get("SLUICE_TOKEN_KEY")
    if not key:
        sys.exit("SLUICE_TOKEN_KEY is not set: it is the text of the secret in the stack's output TokenKeySecretArn")
    print(signed(key.encode(), arguments.role, arguments.sub, arguments.warehouse))


if __name__ == "__main__":
    main()
