import { type BusUser, userSettings } from "@lookalike/shared/bus/users";

/**
 * The users of NATS as a file that nats-server's configuration includes.
 * @param keys the public key of each user
 */
export const natsUsersFile = (keys: ReadonlyMap<BusUser, string>): string => {
  const users = userSettings((user) => {
    const key = keys.get(user);
    if (key === undefined) throw new Error(`no public key of ${user}`);
    return key;
  });
  return `authorization: ${JSON.stringify({ users }, null, 2)}\n`;
};
