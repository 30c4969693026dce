/** A stored moment as every interface writes it: ISO 8601, in UTC; null where there is none. */
export function iso(moment: string): string;
export function iso(moment: string | null): string | null;
export function iso(moment: string | null): string | null {
  return moment === null ? null : new Date(moment).toISOString();
}
