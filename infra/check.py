#!/usr/bin/env python3
"""Holds the templates against what AWS would say before it is asked: the SAM transform, cfn-lint, checkov.

    python3 -m venv venv && venv/bin/pip install -r infra/requirements.txt && venv/bin/python infra/check.py

Needs no account and no network. Ends with 1 and names what is wrong if anything is.
"""

import json
import logging
import os
import subprocess
import sys
import tempfile
from pathlib import Path

INFRA = Path(__file__).resolve().parent
TEMPLATES = ["template", "database", "operations", "edge", "warehouse-account", "fargate", "pipeline"]
# The main template is transformed as each kind of installation, since SAM reads some parameters itself.
INSTALLATIONS = {
    "throwaway": {},
    "lasting": {"Lasting": "true", "AlarmEmail": "ops@example.com", "MonthlyBudget": "100"},
    "express": {"WorkflowType": "EXPRESS"},
    "own-database": {"DatabaseSecretArn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:orders-AbCdEf"},
    "issuer": {"JwtIssuer": "https://issuer.example.com", "WarehouseAccounts": "123456789012"},
}


def transformed(parameters):
    """The main template as CloudFormation gets it."""
    from cfnlint.decode import cfn_yaml
    from samtranslator.translator.transform import transform

    class NoPolicies:
        """Every policy is named by its ARN or written out, so SAM need not look any up."""

        @staticmethod
        def load():
            return {}

    template = json.loads(json.dumps(cfn_yaml.load(str(INFRA / "template.yaml"))))
    # sam package replaces paths by where it has put the files.
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::StateMachine":
            resource["Properties"]["DefinitionUri"] = f"s3://packaged/{name}"
    template["Globals"]["Function"]["CodeUri"] = "s3://packaged/function"
    return transform(template, parameters, NoPolicies)


def run(title, *command):
    """Runs a tool; says what it said if it complains."""
    done = subprocess.run(command, cwd=INFRA, capture_output=True, text=True)
    if done.returncode == 0:
        print(f"{title}: clean")
        return True
    print(f"{title}:\n{done.stdout}{done.stderr}", file=sys.stderr)
    return False


def main():
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")
    logging.disable(logging.CRITICAL)
    tools = Path(sys.executable).parent
    files = [f"{name}.yaml" for name in TEMPLATES]
    clean = run("cfn-lint", str(tools / "cfn-lint"), *files)
    with tempfile.TemporaryDirectory() as folder:
        for nested in ("database.yaml", "operations.yaml"):
            (Path(folder) / nested).symlink_to(INFRA / nested)
        for name, parameters in INSTALLATIONS.items():
            (Path(folder) / f"{name}.json").write_text(json.dumps(transformed(parameters)))
        # W: warnings about what the transform writes by itself are not for us to mend.
        made = [f"{folder}/{name}.json" for name in INSTALLATIONS]
        title = f"SAM transform ({', '.join(INSTALLATIONS)})"
        clean &= run(title, str(tools / "cfn-lint"), "--ignore-checks", "W", "--", *made)
    named = [argument for file in files for argument in ("-f", file)]
    clean &= run("checkov", str(tools / "checkov"), "--config-file", ".checkov.yaml", *named)
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())
