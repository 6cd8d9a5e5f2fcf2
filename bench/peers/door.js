// The peer: what EventGate is made of (Express, body-parser, Ajv 6), in the least code that does an intake's work without a log.
// For each event: find the stream's schema title, find the compiled schema, set meta.id, meta.dt and meta.request_id as Wikimedia's
// deployment does, validate with the reference's own options, write the JSON that would be produced; then answer as it answers.
'use strict';
const crypto = require('crypto');
const fs = require('fs');
const express = require('express');
const Ajv = require('ajv');

const [port, schemaFile, stream] = process.argv.slice(2);
const schema = JSON.parse(fs.readFileSync(schemaFile));
schema.$schema = 'http://json-schema.org/draft-07/schema#'; // the one spelling that Ajv 6 knows
const ajv = new Ajv({ useDefaults: true, schemaId: 'auto', allErrors: true, unknownFormats: 'ignore' });
const validators = { [schema.$id]: { title: schema.title, isValid: ajv.compile(schema) } };
const streams = { [stream]: { schema_title: schema.title } };

function admit(event, request) {
    const known = validators[event.$schema];
    if (!known) {
        throw new Error(`Failed loading schema at ${event.$schema}`);
    }
    const config = streams[event.meta.stream];
    if (!config || config.schema_title !== known.title) {
        throw new Error(`${event.$schema} is not allowed in stream; ${event.meta.stream} is not configured.`);
    }
    event.meta.id = event.meta.id || crypto.randomUUID();
    event.meta.dt = new Date().toISOString();
    event.meta.request_id = event.meta.request_id || request.id;
    if (!known.isValid(event)) {
        return { status: 'invalid', event, context: { errors: known.isValid.errors, errorsText: ajv.errorsText(known.isValid.errors) } };
    }
    return { status: 'success', value: Buffer.from(JSON.stringify(event)) };
}

async function fate(event, request) {
    try {
        return admit(event, request);
    } catch (error) {
        return { status: 'error', event, context: { message: error.message } };
    }
}

const app = express();
app.disable('x-powered-by');
app.use((request, response, next) => {
    request.id = request.get('x-request-id') || crypto.randomUUID();
    response.set({
        'access-control-allow-origin': '*', 'access-control-allow-headers': 'accept, x-requested-with, content-type',
        'access-control-expose-headers': 'etag', 'access-control-allow-methods': 'post', 'x-xss-protection': '1; mode=block',
        'x-content-type-options': 'nosniff', 'x-frame-options': 'SAMEORIGIN',
        'content-security-policy': "default-src 'self'; object-src 'none'; media-src 'none'; img-src 'none'; style-src 'none'; base-uri 'self'; frame-ancestors 'self'",
    });
    next();
});
app.use(express.json({ limit: '10mb', type: ['application/json', 'text/plain', 'application/reports+json'] }));
app.post('/v1/events', async (request, response) => {
    const events = Array.isArray(request.body) ? request.body : [request.body];
    const fates = await Promise.all(events.map((event) => fate(event, request)));
    const failed = fates.filter((one) => one.status !== 'success');
    if (failed.length === 0) {
        response.statusMessage = `All ${events.length} out of ${events.length} events were accepted.`;
        response.status(201).end();
    } else {
        response.status(failed.length < events.length ? 207 : 400).json({ invalid: failed });
    }
});
app.listen(Number(port), '127.0.0.1');
