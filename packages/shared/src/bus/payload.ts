/** A payload's JSON; undefined where it is none, so that the schema of its reader refuses it. */
export const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
