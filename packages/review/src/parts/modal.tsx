import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { closeDialog } from "../shell/places.ts";
import { strings } from "../strings/strings.ts";

interface ModalProps {
  readonly title: string;
  readonly wide?: boolean;
  /** Buttons before the one that closes. */
  readonly actions?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** A dialog over the page: the browser's own keeps the focus inside, and closes by Escape. */
export const Modal = ({ title, wide = false, actions, children }: ModalProps) => {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => element.current?.showModal(), []);
  return (
    <dialog ref={element} class={wide ? "wide" : ""} onClose={closeDialog} aria-labelledby="dialog-title">
      <h2 id="dialog-title">{title}</h2>
      <div class="dialog-body">{children}</div>
      <form method="dialog" class="dialog-actions">
        {actions}
        <button type="submit">{strings.value.close}</button>
      </form>
    </dialog>
  );
};
