import { render } from "preact";

render(<p>Holdfast till</p>, document.getElementById("till")!);
