import { EXIT, OperatorError } from "@lookalike/shared/runtime/errors";
import type { Logger } from "@lookalike/shared/runtime/log";
import type { SealingKeys } from "@lookalike/shared/store/access/seal";
import { sealAgain } from "@lookalike/shared/store/access/webhooks";
import type { Db } from "@lookalike/shared/store/open";

/** Seals the secrets of all webhooks with the first key. @throws OperatorError where there are webhooks and no key */
export const sealSecrets = async (db: Db, log: Logger, keys: SealingKeys): Promise<void> => {
  const unopened = await sealAgain(db, keys);
  if (unopened === 0) return;
  if (keys.length === 0)
    throw new OperatorError(
      "LOOKALIKE_SEALING_KEY is not set, and webhooks have secrets that are stored only sealed. Set it to what this prints: openssl rand -base64 32",
      EXIT.config,
    );
  log.warn(
    { webhooks: unopened },
    "LOOKALIKE_SEALING_KEY opens no secret of these webhooks: add the key that sealed them, or create them again",
  );
};
