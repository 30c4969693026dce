import { render } from "preact";
import { App } from "./app.tsx";
import { start } from "./catalogs.ts";
import "./style.css";

render(<App />, document.getElementById("app") as HTMLElement);
void start();
