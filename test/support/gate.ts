import type { AddressInfo } from "node:net";
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A way to a server that a test can close: then it refuses, and cuts what is connected, as a server that stops. */
export interface Gate {
  readonly port: number;
  open(): Promise<void>;
  close(): Promise<void>;
  /** Nothing passes any more, and nobody is refused, as where a network swallows all packets; until `close`. */
  silence(): void;
  /** Closed for this time. */
  closeFor(ms: number): Promise<void>;
}

/** Connects a client to a server on this machine, both in `sockets` while they are open: when one closes, both do. */
export const connectThrough = (client: Socket, serverPort: number, sockets: Set<Socket>): Socket => {
  const upstream = connect(serverPort, "127.0.0.1");
  for (const socket of [client, upstream]) {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => {
      sockets.delete(socket);
      client.destroy();
      upstream.destroy();
    });
  }
  return upstream;
};

/** The address of a server, through what listens on this port instead of it. */
export const through = (address: string, { port }: { readonly port: number }): string => {
  const url = new URL(address);
  url.port = String(port);
  return url.href;
};

export const openGate = async (serverPort: number): Promise<Gate> => {
  const sockets = new Set<Socket>();
  let isSilent = false;
  const server = createServer((client) => {
    if (isSilent) {
      sockets.add(client);
      client.on("error", () => undefined);
      return;
    }
    client.pipe(connectThrough(client, serverPort, sockets)).pipe(client);
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    isSilent = false;
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  const open = () => listen(port);
  return {
    port,
    open,
    close,
    silence() {
      isSilent = true;
      for (const socket of sockets) socket.unpipe().pause();
    },
    async closeFor(ms) {
      await close();
      await sleep(ms);
      await open();
    },
  };
};
