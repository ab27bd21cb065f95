#!/usr/bin/env python3
"""Binds the programs of a build to the template of this checkout, for `sam deploy`:

    bind.py built.tar.gz FOLDER

A build runs the code of many hands: compilers' plugins, build scripts, the dependencies of dependencies. What it made is
trusted to be what the functions run, and with nothing else: of the archive this takes `ID/bootstrap` for each function of
the template and leaves the rest. The template, which says what the programs may do, is the one that was reviewed.
"""

import argparse
import json
import shutil
import sys
import tarfile
from pathlib import Path

from samtranslator.yaml_helper import yaml_parse

INFRA = Path(__file__).resolve().parent.parent
# Lambda takes no more, unpacked.
LARGEST = 250 * 1024 * 1024


class Unfit(Exception):
    """The archive is not what a build makes; the message says why."""


def bound(template, folder):
    """The template with every function's program in that folder, and every file by its whole path."""
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Serverless::Function":
            properties["CodeUri"] = str(folder / name)
            # How it was built, which sam would want to do again.
            resource.pop("Metadata", None)
        elif resource["Type"] == "AWS::Serverless::StateMachine":
            properties["DefinitionUri"] = str((INFRA / properties["DefinitionUri"]).resolve())
        elif resource["Type"] == "AWS::CloudFormation::Stack":
            properties["TemplateURL"] = str((INFRA / properties["TemplateURL"]).resolve())
    template["Globals"]["Function"].pop("CodeUri", None)
    return template


def unpack(archive, functions, folder):
    with tarfile.open(archive, "r:gz") as built:
        members = {member.name: member for member in built}
        for name in functions:
            member = members.get(f"{name}/bootstrap")
            if member is None or not member.isreg():
                raise Unfit(f"{archive} holds no program {name}/bootstrap")
            if member.size > LARGEST:
                raise Unfit(f"{name}/bootstrap has {member.size} bytes; Lambda takes {LARGEST}")
            program = folder / name / "bootstrap"
            program.parent.mkdir(parents=True)
            with built.extractfile(member) as source, open(program, "wb") as target:
                shutil.copyfileobj(source, target)
            program.chmod(0o755)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path, help="what the build made")
    parser.add_argument("folder", type=Path, help="where programs and template are put; what was there is removed")
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    template = yaml_parse((INFRA / "template.yaml").read_text(encoding="utf-8"))
    resources = template["Resources"].items()
    functions = [name for name, resource in resources if resource["Type"] == "AWS::Serverless::Function"]
    try:
        unpack(arguments.archive, functions, folder)
    except (Unfit, tarfile.TarError) as error:
        sys.exit(f"bind: {error}")
    (folder / "template.json").write_text(json.dumps(bound(template, folder), indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
