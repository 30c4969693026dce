import { render } from "preact";
import { App } from "./app.tsx";
import { start } from "./catalogs.ts";
import { onClick, onKey } from "./keyboard.ts";
import "./style.css";

render(<App />, document.getElementById("app") as HTMLElement);
document.addEventListener("keydown", onKey);
document.addEventListener("click", onClick);
void start();
