'use strict';
// Answers one JSON line per JSON line: what @wikimedia/jsonschema-tools makes of documents and of repositories.
// {id, call, ...arguments} -> {id, result} or {id, error}. NODE_PATH names the folder where it is installed.

const readline = require('readline');
const yaml = require('js-yaml');
const Ajv = require('ajv');
const Ajv6 = require('ajv6'); // 6.12.6, as EventGate has it
const tools = require('@wikimedia/jsonschema-tools/lib/jsonschema-tools.js');

const SILENT = { level: 'silent', debug() {}, info() {}, warn() {}, error() {} };

/** The library's options as a repository with the given folders would have them. */
function optionsOf(given = {}) {
    return tools.readConfig({ configPaths: [], contentTypes: ['yaml'], ...given, log: SILENT, logLevel: 'silent' }, true);
}

/** {document or text, folders: [schema base folders], options} -> the materialised document. */
async function materialise({ document, text, folders, options }) {
    const given = text === undefined ? document : yaml.safeLoad(text);
    return tools.materializeSchema(given, optionsOf({ schemaBaseUris: folders, ...options }));
}

/** {text} -> the document as the reference reads it. */
function read({ text }) {
    return yaml.safeLoad(text);
}

/** Runs what a suite declares with mocha's words; `only` silences the rest, as mocha does. */
async function run(declare, options) {
    const cases = [];
    const groups = [];
    const it = (title, test) => cases.push({ groups: [...groups], title, test, isOnly: false });
    it.only = (title, test) => cases.push({ groups: [...groups], title, test, isOnly: true });
    const describe = (title, body) => {
        groups.push(title);
        body();
        groups.pop();
    };
    Object.assign(global, { describe, it });
    declare(options);
    const chosen = cases.some((one) => one.isOnly) ? cases.filter((one) => one.isOnly) : cases;
    const verdicts = [];
    for (const { groups: where, title, test } of chosen) {
        verdicts.push({ groups: where, title, ...await verdictOf(test) });
    }
    return verdicts;
}

async function verdictOf(test) {
    const skipped = {};
    try {
        await test.call({ skip() { throw skipped; } });
    } catch (error) {
        return error === skipped ? { verdict: 'skip' } : { verdict: 'fail', message: String(error && error.message) };
    }
    return { verdict: 'pass' };
}

/** {folder, suites: [structure|robustness|compatibility], options} -> verdicts over a repository's schema folder. */
async function repository({ folder, suites, options }) {
    const verdicts = [];
    for (const suite of suites) {
        const declare = require(`@wikimedia/jsonschema-tools/lib/tests/${suite}.js`);
        const given = optionsOf({ schemaBasePath: folder, ...options });
        verdicts.push(...(await run(declare, given)).map((verdict) => ({ suite, ...verdict })));
    }
    return verdicts;
}

/**
 * {documents: [{title, version, schema, current}], suites: [robustness|compatibility], options} -> verdicts, without files;
 * the documents of a title in the order of their versions.
 */
async function documents({ documents: given, suites, options }) {
    const infos = given.map((one) => ({ path: '', contentType: 'yaml', current: false, ...one }));
    const found = tools.findAllSchemasInfo;
    const byTitle = tools.findSchemasByTitle;
    const byMajor = tools.findSchemasByTitleAndMajor;
    const grouped = (key) => infos.reduce((all, info) => ({ ...all, [key(info)]: [...(all[key(info)] || []), info] }), {});
    tools.findAllSchemasInfo = () => infos;
    tools.findSchemasByTitle = () => grouped((info) => info.title);
    tools.findSchemasByTitleAndMajor = () => Object.fromEntries(
        Object.entries(grouped((info) => info.title)).map(([title, ofTitle]) => [
            title,
            ofTitle.reduce((all, info) => {
                const major = info.version.split('.')[0];
                return { ...all, [major]: [...(all[major] || []), info] };
            }, {}),
        ])
    );
    try {
        return await repository({ folder: '/', suites, options });
    } finally {
        tools.findAllSchemasInfo = found;
        tools.findSchemasByTitle = byTitle;
        tools.findSchemasByTitleAndMajor = byMajor;
    }
}

/** {schema, event} -> the event with its defaults, as EventGate's Ajv fills them; null where it is not valid. */
function fill({ schema, event }) {
    const ajv = new Ajv({ useDefaults: true, unknownFormats: 'ignore', logger: false });
    return ajv.validate(schema, event) ? event : null;
}

const compiled = new Map();

/** {schema, event} -> what EventGate answers about an event: Ajv's errors and their text, null for a valid one, and the event. */
function errors({ schema, event }) {
    const key = JSON.stringify(schema);
    if (!compiled.has(key)) {
        const ajv = new Ajv6({ useDefaults: true, schemaId: 'auto', allErrors: true, unknownFormats: 'ignore', logger: false });
        compiled.set(key, ajv.compile(schema));
    }
    const validate = compiled.get(key);
    const found = validate(event) ? null : validate.errors;
    const text = found && found.map((one) => `'${one.dataPath}' ${one.message}`).join(', ');
    return { errors: found, text, event };
}

/** {schema} -> whether Ajv's meta-schema for untrusted data takes it; EventGate refuses others. */
function secure({ schema }) {
    return new Ajv6({ schemaId: 'auto' }).compile(require('ajv6/lib/refs/json-schema-secure.json'))(schema);
}

const calls = { materialise, read, repository, documents, fill, errors, secure };

async function answer(line) {
    const { id, call, ...given } = JSON.parse(line);
    try {
        const result = await calls[call](given);
        return JSON.stringify({ id, result: result === undefined ? null : result });
    } catch (error) {
        return JSON.stringify({ id, error: String((error && error.message) || error).slice(0, 2000) });
    }
}

(async () => {
    for await (const line of readline.createInterface({ input: process.stdin })) {
        process.stdout.write(`${await answer(line)}\n`);
    }
})();
