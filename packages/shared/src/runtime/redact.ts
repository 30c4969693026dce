/**
 * The one place where secrets are taken out of what a process writes: logs, error messages, metrics, traces and problem
 * details pass through {@link redact}. It knows the forms that secrets have, and the values that this process was started with.
 */
const HIDDEN = "***";

/** Forms of secrets, with what stays of each. Their lengths are limited, so that no text takes longer than its length. */
const FORMS: readonly (readonly [form: RegExp, shown: string])[] = [
  // Access keys and sessions of Lookalike, secrets of webhooks (also URL-encoded).
  [/\b(lks?_)[\w-]{43}/g, `$1${HIDDEN}`],
  [/\b(whsec_)[\w+/=%-]{16,}/g, `$1${HIDDEN}`],
  // User and password of an address, up to the last @ before its path; of these servers' addresses also in a wrong one.
  [/\b((?:postgres|postgresql|nats|tls|wss?):\/*)[^\s"',]{0,500}@/gi, `$1${HIDDEN}@`],
  [/(:\/\/)[^\s/?#"']{0,500}@/g, `$1${HIDDEN}@`],
  [/([?&](?:password|sslpassword|token)=)[^\s&"']+/gi, `$1${HIDDEN}`],
  [/\b((?:Bearer|Basic)\s+)[\w.~+/=-]{8,}/gi, `$1${HIDDEN}`],
  // Seeds of NATS accounts, JSON Web Tokens, private keys.
  [/\bS[UAOCNX][A-Z2-7]{56}\b/g, HIDDEN],
  [/\beyJ[\w-]{6,}\.[\w-]{6,}\.[\w-]+/g, HIDDEN],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----.{0,5000}?-----END [A-Z ]*PRIVATE KEY-----/gs, HIDDEN],
];

/** Variables whose whole value is a secret; a name that ends in _FILE is of a path. */
const SECRET_NAME =
  /(?:PASSW(?:OR)?D|SECRET|TOKEN|CREDENTIALS|HEADERS|(?:ACCESS|FIRST|LOOKALIKE|SEALING)_KEY)(?:_\w+)?$/i;
const PATH_NAME = /_(?:FILE|PATH|DIR)$/i;
const AUTHORITY = /:\/\/([^\s/?#"']*)@/g;

/** A shorter value is too common a word: it is hidden only where it has a secret's form. */
const MIN_CHARACTERS = 8;

const known = new Set<string>();
let knownForms: RegExp | null = null;

/** Hides a value from now on: as it is, in URLs, in JSON, and in base64. */
export const addSecret = (value: string): void => {
  if (value.length < MIN_CHARACTERS || known.has(value)) return;
  known.add(value);
  const forms = [...known].flatMap((secret) => {
    const bytes = Buffer.from(secret);
    const base64 = bytes.toString("base64").replace(/=+$/, "");
    const forms = [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), base64];
    return [...forms, bytes.toString("base64url"), encodeURIComponent(base64), bytes.toString("hex")];
  });
  // The longest first: one secret may be the beginning of another one.
  const alternatives = [...new Set(forms)].sort((a, b) => b.length - a.length);
  knownForms = new RegExp(alternatives.map((text) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")).join("|"), "g");
};

/** Hides the secrets that variables contain: passwords and tokens of addresses, and every value that has a secret's name. */
export const addSecretsOf = (variables: Readonly<Record<string, string | undefined>>): void => {
  for (const [name, value = ""] of Object.entries(variables)) {
    if (SECRET_NAME.test(name) && !PATH_NAME.test(name)) addSecret(value);
    for (const [, authority = ""] of value.matchAll(AUTHORITY)) {
      const [user = "", ...rest] = authority.split(":");
      // An address with a user alone has a token. A password that is its user's name hides nothing.
      const secret = rest.length === 0 ? user : rest.join(":");
      if (rest.length > 0 && secret === user) continue;
      addSecret(secret);
      addSecret(decoded(secret));
    }
    const password = /[?&]password=([^\s&]+)/i.exec(value)?.[1];
    if (password !== undefined) addSecret(decoded(password));
  }
};

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** A text without the secrets that it had: each is replaced by three asterisks. */
export const redact = (text: string): string => {
  const unknown = knownForms === null ? text : text.replace(knownForms, HIDDEN);
  return FORMS.reduce((rest, [form, shown]) => rest.replace(form, shown), unknown);
};

addSecretsOf(process.env);
