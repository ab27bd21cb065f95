"""The server: MiniStack as it is, behind two ports.

The first port is AWS. The second is the deployed HTTP API alone, so that a plain `curl` reaches it without a Host
header of its own. Both say that the caller came by TLS, as if it were terminated in front: the template's policies
refuse whoever does not.

It is started by local_aws.py with two listening sockets and ends, with every function process, when standard input
closes.
"""

import asyncio
import os
import signal
import sys
import threading

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack.app import app as ministack


def facing(application, api_port, api_host_file):
    async def front(scope, receive, send):
        if scope["type"] == "http":
            replaced = {b"x-forwarded-proto": b"https"}
            if scope["server"][1] == api_port:
                with open(api_host_file, "rb") as file:
                    replaced[b"host"] = file.read()
            kept = [header for header in scope["headers"] if header[0].lower() not in replaced]
            scope = {**scope, "headers": [*replaced.items(), *kept]}
        await application(scope, receive, send)

    return front


def end_with_parent():
    """Waits for the end of standard input, which comes however the parent dies, and takes the functions along."""
    while sys.stdin.buffer.read(1):
        pass
    os.killpg(0, signal.SIGKILL)


def main():
    aws_socket, api_socket, api_port, api_host_file = sys.argv[1:]
    threading.Thread(target=end_with_parent, daemon=True).start()
    config = Config()
    config.bind = [f"fd://{aws_socket}", f"fd://{api_socket}"]
    config.keep_alive_timeout = 75
    asyncio.run(serve(facing(ministack, int(api_port), api_host_file), config))


if __name__ == "__main__":
    main()
