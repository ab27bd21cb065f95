#!/usr/bin/env bash
# Places an order on a deployed stage. A stage with an issuer needs a customer's token in SLUICE_TOKEN; for one without, a
# token is signed with the stack's own key. A stage that is reached by CloudFront only needs that address in SLUICE_URL.
set -euo pipefail
cd "$(dirname "$0")/.."

stage="${1:?name the stage}"
output() {
    aws cloudformation describe-stacks --stack-name "sluice-$stage" --output text \
        --query "Stacks[0].Outputs[?OutputKey=='$1'].OutputValue"
}

if [ -z "${SLUICE_TOKEN:-}" ]; then
    key="$(output TokenKeySecretArn)"
    [ -n "$key" ] || { echo "stage $stage has an issuer: set SLUICE_TOKEN to a customer's token of it" >&2; exit 1; }
    SLUICE_TOKEN_KEY="$(aws secretsmanager get-secret-value --secret-id "$key" --query SecretString --output text)"
    export SLUICE_TOKEN_KEY
    SLUICE_TOKEN="$(./sign_token.py customer smoke)"
fi
export SLUICE_TOKEN
SLUICE_TEST_TOKENS="$(output TestTokens)"
export SLUICE_TEST_TOKENS
./smoke.py "${SLUICE_URL:-$(output ApiUrl)}"
