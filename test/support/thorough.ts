/** Whether tests do all that they can, for `npm run test:thorough`; else what `npm test` has time for. */
export const THOROUGH = process.env["LOOKALIKE_TEST_THOROUGH"] === "1";
