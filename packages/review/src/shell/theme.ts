import { effect, signal } from "@preact/signals";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const STORED = "lookalike-theme";
const stored = localStorage.getItem(STORED);

/** How the page looks: as the system says, or as was chosen in this browser. */
export const theme = signal<Theme>(THEMES.find((name) => name === stored) ?? "system");

/** The style sheet reads the attribute; without one, the system decides. */
export const applyTheme = (): void => {
  effect(() => {
    document.documentElement.dataset["theme"] = theme.value;
    if (theme.value === "system") localStorage.removeItem(STORED);
    else localStorage.setItem(STORED, theme.value);
  });
};
