/** undefined where the payload is no JSON: the reader's schema says so in its own words. */
export const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
