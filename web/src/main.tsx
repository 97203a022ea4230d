import { render } from "preact";
import { App } from "./app.js";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/sidebar.css";
import "./styles/room.css";
import "./styles/timeline.css";
import "./styles/composer.css";

const place = document.getElementById("app");
if (place) render(<App />, place);
