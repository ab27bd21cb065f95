#!/usr/bin/env bash
# Deploys what `sam build` has built: infra/deploy.sh staging [further arguments of sam deploy]. BUILT names an archive with
# the programs of a build elsewhere, to be used instead; UPLOADS_BUCKET the bucket for the packages, without which SAM
# makes one of its own.
#
# The database goes first: the new migrations run before any new function, so a migration must leave the functions that
# run at that moment working. Safe to run again.
set -euo pipefail
caller="$PWD"
cd "$(dirname "$0")"

stage="${1:?name the stage: a --config-env of samconfig.toml}"
shift
stack="sluice-$stage"
if [ -n "${BUILT:-}" ]; then
    programs="$PWD/.aws-sam/bound"
    template="$programs/template.json"
    archive="$(cd "$caller" && realpath "$BUILT")"
    python3 pipeline/bind.py "$archive" "$programs"
else
    programs="$PWD/.aws-sam/build"
    template="$programs/template.yaml"
    [ -f "$template" ] || { echo "there is no $template; run: (cd infra && sam build)" >&2; exit 1; }
fi
if [ -n "${UPLOADS_BUCKET:-}" ]; then uploads=(--s3-bucket "$UPLOADS_BUCKET"); else uploads=(--resolve-s3); fi

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT

migrate() {
    local answer="$folder/answer.json"
    aws lambda invoke --function-name "$stage-migrate" --cli-binary-format raw-in-base64-out --payload '{}' \
        --cli-read-timeout 310 "$answer" >/dev/null
    cat "$answer"; echo
    grep -q '"migrated": *true' "$answer"
}

# The table that buyers read begins empty, and its schedule is a minute away.
publish_catalogue() {
    local answer="$folder/answer.json"
    aws lambda invoke --function-name "$stage-publish-catalogue" --cli-binary-format raw-in-base64-out --payload '{}' \
        --cli-read-timeout 310 "$answer" >/dev/null
    [ "$(cat "$answer")" = "{}" ] || { echo "the catalogue is not published:" >&2; cat "$answer" >&2; exit 1; }
}

deploy() {
    sam deploy --template-file "$template" --config-file "$PWD/samconfig.toml" --config-env "$stage" "${uploads[@]}" "$@"
}

if aws lambda get-function --function-name "$stage-migrate" >/dev/null 2>&1; then
    echo "== migrating $stage"
    python3 - "$programs/MigrateFunction/bootstrap" "$folder/migrate.zip" <<'PYTHON'
import sys, zipfile
with zipfile.ZipFile(sys.argv[2], "w", zipfile.ZIP_DEFLATED) as archive:
    entry = zipfile.ZipInfo("bootstrap")
    entry.external_attr = 0o755 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, open(sys.argv[1], "rb").read())
PYTHON
    aws lambda update-function-code --function-name "$stage-migrate" --zip-file "fileb://$folder/migrate.zip" >/dev/null
    aws lambda wait function-updated --function-name "$stage-migrate"
    migrate
    echo "== deploying $stage"
    deploy "$@"
    # Once more: users of the database whose secrets this deployment made are made now.
    migrate
else
    echo "== deploying $stage for the first time"
    deploy "$@"
    migrate
fi
echo "== publishing the catalogue"
publish_catalogue

aws cloudformation describe-stacks --stack-name "$stack" --query 'Stacks[0].Outputs[?OutputKey==`ApiUrl`].OutputValue' \
    --output text
