// ajv beside src/rule/schema_bench.c: the same schemas and documents, compiled once, all errors collected.
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { serve, time } from "./lines.mjs";

const ajv = new Ajv2020({ allErrors: true, strict: false });
addFormats(ajv);
// The formats of our own, as somebody who uses ajv would add them.
ajv.addFormat("mobile", /^1[3-9][0-9]{9}$/);
ajv.addFormat("region-code", /^[0-9]{6}$/);

let validate, text, document;

const work = {
    check: () => validate(document),
    read: () => typeof JSON.parse(text),
    "read-and-check": () => validate(JSON.parse(text)),
};

await serve({
    schema: (rest) => ((validate = ajv.compile(JSON.parse(rest))), 0),
    // Answers how many things are wrong with it.
    document: (rest) => {
        text = rest;
        document = JSON.parse(rest);
        return validate(document) ? 0 : validate.errors.length;
    },
    time: (rest) => time(work[rest.split(" ")[0]], Number(rest.split(" ")[1])),
});
