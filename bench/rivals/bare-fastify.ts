// A bare fastify server that answers every request with the bytes of a file from memory. FILE -> "PORT" on stdout
import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { fastify } from "fastify";

const bytes = await readFile(process.argv[2] ?? "");
const app = fastify();
app.get("/*", (_request, reply) => reply.type("application/json").send(bytes));
await app.listen({ port: 0, host: "127.0.0.1" });
console.log((app.server.address() as AddressInfo).port);
