#!/usr/bin/env python3
"""Places one order on a deployed installation and follows it to its end; ends with 1 and a sentence if it does not arrive.

    SLUICE_TOKEN=... infra/smoke.py https://abc123.execute-api.eu-central-1.amazonaws.com

The token is a customer's. The catalogue must have something in stock, and the payment provider must be the sandbox. Where it
refuses its test tokens (SLUICE_TEST_TOKENS=refused) the order has to be declined for that instead, and nothing is shipped.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid

PATIENCE = 90


class Failed(Exception):
    """The installation did not do what it should; the message is for whoever deploys."""


def call(method, url, token=None, body=None, headers=()):
    """The status, the headers and the body of an answer, whatever the status."""
    request = urllib.request.Request(url, method=method, headers=dict(headers))
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    if body is not None:
        request.add_header("Content-Type", "application/json")
        request.data = json.dumps(body).encode()
    try:
        with urllib.request.urlopen(request, timeout=35) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()
    except OSError as error:
        raise Failed(f"{method} {url}: {error}") from error


def expect(status, answer, what):
    if answer[0] != status:
        raise Failed(f"{what}: {answer[0]} instead of {status}: {answer[2][:500].decode(errors='replace')}")
    return answer


def until(what, ask):
    """Asks until there is an answer."""
    end = time.monotonic() + PATIENCE
    while True:
        answer = ask()
        if answer is not None:
            return answer
        if time.monotonic() > end:
            raise Failed(f"{what} did not come within {PATIENCE} seconds")
        time.sleep(1)


def order_for(sku, currency):
    return {
        "currency": currency,
        "lines": [{"sku": sku, "quantity": 1}],
        "email": "smoke@example.com",
        "shipping_address": {
            "name": "Smoke Test", "line1": "1 High Street", "city": "London", "postal_code": "N1 1AA", "country": "GB",
        },
        "payment": {"method": "pm_card_visa"},
    }


def smoke(url, token):
    expect(200, call("GET", f"{url}/readyz"), "readiness")
    expect(401, call("GET", f"{url}/v1/orders"), "a request without a token")
    products = json.loads(expect(200, call("GET", f"{url}/v1/products?limit=1", token), "the catalogue")[2])["items"]
    if not products:
        raise Failed("the catalogue is empty: import one first")
    body = order_for(products[0]["sku"], products[0]["price"]["currency"])
    headers = {"Idempotency-Key": f"smoke-{uuid.uuid4()}"}
    order = json.loads(expect(202, call("POST", f"{url}/v1/orders", token, body, headers), "submitting an order")[2])
    again = expect(202, call("POST", f"{url}/v1/orders", token, body, headers), "submitting it again")
    if json.loads(again[2])["id"] != order["id"] or again[1].get("Idempotency-Replayed") != "true":
        raise Failed("the same key and body made another order")

    def decided():
        found = json.loads(expect(200, call("GET", f"{url}/v1/orders/{order['id']}", token), "reading the order")[2])
        return found if found["status"] not in ("submitted", "reserved") else None

    found = until("a decision", decided)
    if os.environ.get("SLUICE_TEST_TOKENS") == "refused":
        if (found["status"], found.get("payment", {}).get("code")) != ("rejected", "livemode_mismatch"):
            raise Failed(f"order {order['id']} is {found['status']}: a test token must be declined here")
        return f"{order['id']} was declined, as a test token must be"
    if found["status"] != "confirmed":
        raise Failed(f"order {order['id']} is {found['status']} ({found.get('reason')}) instead of confirmed")

    def invoice():
        status, _, pdf = call("GET", f"{url}/v1/orders/{order['id']}/invoice", token)
        return pdf if status == 200 else None

    if not until("the invoice", invoice).startswith(b"%PDF"):
        raise Failed("the invoice is no PDF")
    return f"{order['id']} was confirmed and invoiced"


def main():
    if len(sys.argv) != 2 or not os.environ.get("SLUICE_TOKEN"):
        sys.exit(__doc__)
    try:
        print(f"order {smoke(sys.argv[1].rstrip('/'), os.environ['SLUICE_TOKEN'])}")
    except Failed as failed:
        sys.exit(f"smoke test: {failed}")


if __name__ == "__main__":
    main()
