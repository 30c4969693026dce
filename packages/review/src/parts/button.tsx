import type { ComponentChildren, JSX } from "preact";

type ButtonProps = JSX.IntrinsicElements["button"] & {
  readonly text: ComponentChildren;
  /** The key that does the same. */
  readonly hotkey?: string;
};

/** A button that submits no form. */
export const Button = ({ text, hotkey, ...attributes }: ButtonProps) => (
  <button {...attributes} type="button">
    {hotkey !== undefined && <kbd>{hotkey}</kbd>} {text}
  </button>
);
