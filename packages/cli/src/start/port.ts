import { freePort } from "@lookalike/local/server-process";
import { DEFAULT_API_PORT } from "@lookalike/shared/runtime/config";
import { EXIT, OperatorError } from "@lookalike/shared/runtime/errors";

/**
 * The API's port: LOOKALIKE_PORT; else the usual one where a person will come back to it, else a free one.
 * It is checked before anything starts, not by the last of the services.
 * @throws OperatorError where it is no port, or in use
 */
export const choosePort = async (keepRunning: boolean): Promise<number> => {
  const text = process.env["LOOKALIKE_PORT"] || String(keepRunning ? DEFAULT_API_PORT : 0);
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new OperatorError(`LOOKALIKE_PORT=${text}: must be a port from 0 to 65535.`, EXIT.config);
  return freePort(port).catch((error: NodeJS.ErrnoException) => {
    throw new OperatorError(
      `LOOKALIKE_PORT=${port}: that port can't be had (${error.code}). Stop what uses it, or set LOOKALIKE_PORT to a free one.`,
      EXIT.unavailable,
    );
  });
};
