"""What the API's document cannot say: rules that span several fields or requests. Schemathesis loads this before it makes
requests, and only what is meant to be taken is put right."""

import itertools
import uuid

import schemathesis
from schemathesis.generation.modes import GenerationMode

COUNT = itertools.count()


@schemathesis.hook
def before_call(context, case, kwargs):
    body = case.body
    if case.operation.label != "POST /v1/orders" or not isinstance(body, dict):
        return
    if case.meta is not None and case.meta.generation.mode != GenerationMode.POSITIVE:
        return
    # A key names one order.
    case.headers["Idempotency-Key"] = str(uuid.uuid4())
    # Every second order is of goods that are for sale, so that more becomes of it than a refusal.
    if next(COUNT) % 2 == 0 and body.get("lines"):
        body["currency"] = "EUR"
        body["lines"] = [{"sku": "TEA", "quantity": 1}]
        body.pop("expected_total", None)
        body["payment"] = {"method": "pm_card_visa"}
    # The buyer was shown a total in the order's own currency.
    if isinstance(body.get("expected_total"), dict):
        body["expected_total"]["currency"] = body.get("currency")
    # Most countries have postal codes.
    for name in ("shipping_address", "billing_address"):
        address = body.get(name)
        if not isinstance(address, dict) or not any((text or "").strip() for text in address.values()):
            continue
        if not (address.get("postal_code") or "").strip():
            address["postal_code"] = "30159"
