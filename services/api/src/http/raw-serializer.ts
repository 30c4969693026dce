/** Serializes a payload that is bytes or text already, for which no schema applies. */
export const rawSerializer = (payload: unknown): string => payload as string;
