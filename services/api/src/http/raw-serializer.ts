/** A serializer for what is bytes or text already, which no schema describes. */
export const rawSerializer = (payload: unknown): string => payload as string;
