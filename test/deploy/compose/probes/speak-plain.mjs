// Speaks without TLS to NATS and to PostgreSQL, as a client that ignores what they require. Prints how each ends it.
import { once } from "node:events";
import { connect } from "node:net";

/** What a server says until it closes the connection, or for ten seconds. A server of NATS greets first, but not another server. */
const said = async (host, port, greeting, greetsFirst) => {
  const socket = connect(port, host);
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
  });
  const closed = once(socket, "close");
  await once(socket, "connect");
  if (greetsFirst) await once(socket, "data");
  socket.write(greeting);
  socket.on("error", () => undefined);
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 10_000))]);
  const isClosed = socket.destroyed;
  socket.destroy();
  return { text: text.replaceAll("\0", " "), isClosed };
};

const startup = Buffer.from("\0\0\0\0\0\x03\0\0user\0lookalike_hasher\0database\0lookalike\0\0", "latin1");
startup.writeInt32BE(startup.length);
const hello = 'CONNECT {"verbose":true}\r\nPING\r\n';
console.log(
  JSON.stringify({
    nats: await said("nats-1", 4222, hello, true),
    route: await said("nats-1", 6222, hello, false),
    postgres: await said("postgres", 5432, startup, false),
  }),
);
