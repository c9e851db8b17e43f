// feelin beside src/rule/program_bench.c: the same expressions over the same context.  It has no step of its own between
// the text and the value, so that reading is part of what it is asked.
import { evaluate } from "feelin";
import { serve, time } from "./lines.mjs";

let context, expression;

const said = (value) => (typeof value === "number" ? value : typeof value === "boolean" ? Number(value) : String(value).length);

await serve({
    context: (rest) => ((context = JSON.parse(rest)), 0),
    // Answers the value as a number, so that the asker can see that both mean the same.
    expression: (rest) => said(evaluate((expression = rest), context).value),
    time: (rest) => time(() => said(evaluate(expression, context).value), Number(rest)),
});
