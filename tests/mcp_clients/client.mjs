// As client.py, by the protocol's library for TypeScript. Its folder stands in the first argument, the
// server's command in the others.

import { pathToFileURL } from "node:url";
import { createInterface } from "node:readline";

const [folder, command, ...args] = process.argv.slice(2);
const library = (file) =>
  import(pathToFileURL(`${folder}/node_modules/@modelcontextprotocol/sdk/dist/esm/client/${file}`));
const { Client } = await library("index.js");
const { StdioClientTransport } = await library("stdio.js");

const client = new Client({ name: "test", version: "1" });
await client.connect(new StdioClientTransport({ command, args, env: process.env }));
const { tools } = await client.listTools();
say({ server: client.getServerVersion().name, tools });

for await (const line of createInterface({ input: process.stdin })) {
  const call = JSON.parse(line);
  try {
    // The library holds structured content against the tool's schema, and throws.
    const result = await client.callTool(call);
    const text = result.content.map((block) => block.text).join("\n");
    say({ is_error: result.isError === true, text, structured: result.structuredContent ?? null });
  } catch (error) {
    say({ raised: String(error) });
  }
}
await client.close();

function say(value) {
  console.log(JSON.stringify(value));
}
