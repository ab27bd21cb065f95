#!/usr/bin/env python3
"""Watches the system calls of a running Sluice while it issues an invoice, and checks their order: the document's content
is on disk before it has its name, and its name is on disk before anybody is told.

    load-tests/trace_documents.py PATH_OF_SLUICE        needs strace
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

CALLS = "openat,creat,fsync,fdatasync,rename,renameat,renameat2,linkat,sendto,sendmsg,write,writev"
ADDRESS = "127.0.0.1:18472"
CATALOGUE = "sku,name,price,currency,tax_rate,stock\nTEA,Tea,12.50,EUR,19,100\n"
ORDER = {
    "currency": "EUR",
    "lines": [{"sku": "TEA", "quantity": 1}],
    "email": "zoe@example.com",
    "shipping_address": {"name": "Zoe", "line1": "1 High St", "city": "Paris", "postal_code": "75001", "country": "FR"},
    "payment": {"method": "pm_card_visa"},
}


def call(token, path, body=None):
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Idempotency-Key": "trace"}
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(f"http://{ADDRESS}{path}", data, headers), timeout=10) as answer:
        return json.load(answer)


def wait_for(what, look, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            found = look()
        except OSError:
            found = None
        if found:
            return found
        time.sleep(0.2)
    sys.exit(f"waited {seconds} s for {what}")


def traced(sluice, folder):
    """The lines of the trace of a server from its start until an order is invoiced, by time."""
    data, trace = os.path.join(folder, "data"), os.path.join(folder, "trace")
    environment = {**os.environ, "SLUICE_DATA_DIR": data, "SLUICE_LISTEN": ADDRESS}
    with open(os.path.join(folder, "catalogue.csv"), "w") as file:
        file.write(CATALOGUE)
    # With -D the process that is started is the server itself, which can be told to stop.
    strace = ["strace", "-D", "-f", "-y", "-ttt", "-s", "65536", "-o", trace, "-e", f"trace={CALLS}", sluice, "serve"]
    server = subprocess.Popen(strace, env=environment, stdout=subprocess.DEVNULL)
    try:
        wait_for("the API", lambda: urllib.request.urlopen(f"http://{ADDRESS}/readyz", timeout=2).status == 200)
        subprocess.run([sluice, "catalog", "import", file.name], env=environment, check=True, stdout=subprocess.DEVNULL)
        token = subprocess.run(
            [sluice, "token", "--role", "customer", "--sub", "zoe"], env=environment, check=True, capture_output=True, text=True
        ).stdout.strip()
        order = call(token, "/v1/orders", ORDER)["id"]
        wait_for("the invoice", lambda: call(token, f"/v1/orders/{order}").get("invoice"))
        # The event is told after the order learnt of its invoice.
        wait_for("word of it", lambda: "InvoiceIssued" in open(trace, errors="replace").read())
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(30)
    lines = open(trace, errors="replace").read().splitlines()
    return sorted(lines, key=lambda line: float(line.split()[1]))


def main(sluice):
    if shutil.which("strace") is None:
        sys.exit("strace is not there; Debian: apt install strace")
    with tempfile.TemporaryDirectory(prefix="sluice-trace-", dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        lines = traced(sluice, folder)
    named = next((re.search(r"rename\w*\(.*/documents/incoming/([^\"]+)\".*/documents/invoices/", line) for line in lines
                  if "/documents/invoices/" in line and "rename" in line), None)
    if named is None:
        sys.exit("no document got its name")
    draft = re.escape(named.group(1))
    steps = [
        ("the content is synced", rf"f(?:data)?sync\(\d+<[^>]*/documents/incoming/{draft}>"),
        ("the document gets its name", rf"rename\w*\([^)]*/documents/incoming/{draft}\""),
        ("the name is synced", r"f(?:data)?sync\(\d+<[^>]*/documents/invoices/\d+>\)"),
        ("it is told", r"(?:sendto|sendmsg|write|writev)\(.*InvoiceIssued"),
    ]
    before = -1
    for what, pattern in steps:
        first = next((at for at, line in enumerate(lines) if re.search(pattern, line)), None)
        if first is None or first < before:
            sys.exit(f"{what}: " + ("never" if first is None else "before what comes before it"))
        print(f"{lines[first].split()[1]}  {what}: {re.search(pattern, lines[first]).group(0)[:110]}")
        before = first
    print("nothing is told before it is on disk")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
