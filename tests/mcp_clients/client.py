"""Talks with a server of the Model Context Protocol by the protocol's own library.

The server's command stands in the arguments. A line on standard input is a call, `{"name", "arguments"}`;
the answer to each is a line on standard output. The first line there says what the server is.
"""

import asyncio
import json
import os
import sys

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client


def shown(result):
    text = "\n".join(block.text for block in result.content)
    return {
        "is_error": bool(result.is_error),
        "text": text,
        "structured": result.structured_content,
    }


async def main():
    command, *arguments = sys.argv[1:]
    server = StdioServerParameters(command=command, args=arguments, env=dict(os.environ))
    async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
        told = await session.initialize()
        tools = await session.list_tools()
        say(
            {
                "server": told.server_info.name,
                "tools": [tool.model_dump(mode="json", by_alias=True) for tool in tools.tools],
            }
        )
        while line := await asyncio.to_thread(sys.stdin.readline):
            call = json.loads(line)
            try:
                # The library holds structured content against the tool's schema, and raises.
                say(shown(await session.call_tool(call["name"], call["arguments"])))
            except Exception as error:  # noqa: BLE001
                say({"raised": str(error)})


def say(value):
    print(json.dumps(value), flush=True)


asyncio.run(main())
