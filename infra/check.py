#!/usr/bin/env python3
"""Holds the templates against what AWS would say before it is asked: the SAM transform, cfn-lint, checkov.

    cargo test -p sluice --test templates

runs it, with its packages (requirements.txt) in the user's cache. It needs no account and no network, and ends with 1
and names what is wrong if anything is.
"""

import argparse
import json
import logging
import os
import subprocess
import sys
import tempfile
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

INFRA = Path(__file__).resolve().parent
# The main template is transformed as each kind of installation, since SAM reads some parameters itself.
INSTALLATIONS = {
    "throwaway": {},
    "lasting": {"Lasting": "true", "AlarmEmail": "ops@example.com", "MonthlyBudget": "100"},
    "express": {"WorkflowType": "EXPRESS"},
    "own-database": {"DatabaseSecretArn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:orders-AbCdEf"},
    "issuer": {"JwtIssuer": "https://issuer.example.com", "WarehouseAccounts": "123456789012"},
}


class NoPolicies:
    """Every policy is named by its ARN or written out, so SAM need not look any up."""

    @staticmethod
    def load():
        return {}


def transformed(path, parameters):
    """The main template as CloudFormation gets it."""
    template = yaml_parse(path.read_text(encoding="utf-8"))
    # sam package replaces paths by where it has put the files.
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::StateMachine":
            resource["Properties"]["DefinitionUri"] = f"s3://packaged/{name}"
    template["Globals"]["Function"]["CodeUri"] = "s3://packaged/function"
    return transform(template, parameters, NoPolicies)


def sam(templates):
    """What SAM refuses, or cfn-lint finds in what SAM makes of the main template."""
    main = templates["template.yaml"]
    with tempfile.TemporaryDirectory() as folder:
        for path in templates.values():
            (Path(folder) / path.name).symlink_to(path)
        made = []
        for name, parameters in INSTALLATIONS.items():
            try:
                text = json.dumps(transformed(main, parameters))
            except InvalidDocumentException as error:
                return "".join(f"{cause.message} ({name})\n" for cause in error.causes)
            except yaml.YAMLError as error:
                return f"{main}: {error}\n"
            made.append(Path(folder) / f"{name}.json")
            made[-1].write_text(text, encoding="utf-8")
        # W: warnings about what the transform writes by itself are not for us to mend.
        done = run("cfn-lint", "--format", "json", "--ignore-checks", "W", "--", *made)
        return in_words(json.loads(done.stdout)) if done.stdout else said(done)


def in_words(findings):
    """What cfn-lint found in installations. Where that stands in the template says more than a line of what was made."""
    found = {}
    for finding in findings:
        place = "/".join(map(str, finding["Location"]["Path"]))
        words = f"{finding['Rule']['Id']} at {place}: {textwrap.shorten(finding['Message'], 200)}"
        found.setdefault(words, []).append(Path(finding["Filename"]).stem)
    return "".join(f"{words} ({', '.join(installations)})\n" for words, installations in found.items())


def cfn_lint(templates):
    """What cfn-lint finds in the templates as they stand."""
    return said(run("cfn-lint", "--", *templates.values()))


def checkov(templates):
    """What checkov finds in the templates as they stand."""
    files = [argument for path in templates.values() for argument in ("-f", path)]
    return said(run("checkov", "--config-file", INFRA / ".checkov.yaml", *files))


def run(tool, *arguments):
    """Runs a tool of this environment by our Python: the environment may have moved since the tool's first line was
    written."""
    script = Path(sys.executable).with_name(tool)
    return subprocess.run([sys.executable, script, *arguments], capture_output=True, text=True)


def said(done):
    """What a tool said if it complained."""
    return "" if done.returncode == 0 else done.stdout + done.stderr or f"it ended with {done.returncode}\n"


PARTS = {"sam": sam, "cfn-lint": cfn_lint, "checkov": checkov}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=INFRA, help="where the templates are")
    parser.add_argument("parts", nargs="*", metavar="part", help=f"only these of {', '.join(PARTS)}")
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - PARTS.keys():
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")
    logging.disable(logging.CRITICAL)
    templates = {path.name: path.resolve() for path in sorted(arguments.folder.glob("[!.]*.yaml"))}
    chosen = arguments.parts or PARTS
    with ThreadPoolExecutor() as pool:
        complaints = dict(zip(chosen, pool.map(lambda part: PARTS[part](templates), chosen)))
    for part, complaint in complaints.items():
        print(f"{part}: {complaint or 'clean'}")
    return 1 if any(complaints.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
