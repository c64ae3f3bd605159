import { createServer, type Server } from 'node:net';

/** LDAP, LDAPS and the two of the global catalog: Samba takes them all, and can not be told others. */
const ports = [389, 636, 3268, 3269];
/** Whoever listens here owns the address: a claim that ends with its process. */
const claimPort = 20_389;
/** Lower addresses are for people. */
const firstAddress = 20;
const lastAddress = 250;

/** A loopback address that no other process takes for a domain controller until it is released. */
export interface ClaimedAddress {
  readonly address: string;
  release(): Promise<void>;
}

/**
 * Claims a free address of 127.0.0.0/24 (Linux answers on all of them without configuration). Throws where the process may not
 * open the low ports, or where every address is taken.
 */
export async function claimLoopbackAddress(): Promise<ClaimedAddress> {
  for (let host = firstAddress; host <= lastAddress; host += 1) {
    const address = `127.0.0.${host}`;
    const claim = await listen(address, claimPort);
    if (claim === null) continue;
    try {
      if (await areFree(address)) return { address, release: () => close(claim) };
    } catch (error) {
      await close(claim);
      throw error;
    }
    await close(claim);
  }
  throw new Error(
    `expected a loopback address from 127.0.0.${firstAddress} on whose LDAP ports are free, found none: stop other domain controllers`,
  );
}

async function areFree(address: string): Promise<boolean> {
  for (const port of ports) {
    const server = await listen(address, port);
    if (server === null) return false;
    await close(server);
  }
  return true;
}

/** null: somebody else listens there. */
function listen(address: string, port: number): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer(socket => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(null);
      else if (error.code === 'EACCES')
        reject(
          new Error(
            `expected to listen on ${address}:${port}, found that this user may not: run as root, or with CAP_NET_BIND_SERVICE, or under "unshare -Urn"`,
            { cause: error },
          ),
        );
      else reject(error);
    });
    server.listen({ host: address, port, exclusive: true }, () => resolve(server.unref()));
  });
}

const close = (server: Server): Promise<void> =>
  new Promise(resolve => {
    server.close(() => resolve());
  });
