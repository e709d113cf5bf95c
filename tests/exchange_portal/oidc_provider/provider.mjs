// A university's login service on npm's oidc-provider: another team's OpenID Connect than ours.
//
// Commands come in as lines of JSON, {"people": {subject: claims}} or {"change_key": true}; each
// is answered by a line, as is the start. It ends with its standard input.
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

import { Provider } from 'oidc-provider';

const PORTAL = JSON.parse(process.argv[2]);
const SCOPES = 'openid profile email';

let people = {};
let provider;

const newKey = (kid, alg) => {
  const kind = alg === 'RS256' ? ['rsa', { modulusLength: 2048 }] : ['ec', { namedCurve: 'P-256' }];
  return { ...generateKeyPairSync(...kind).privateKey.export({ format: 'jwk' }), kid, alg, use: 'sig' };
};

const start = (issuer, kid, alg) => new Provider(issuer, {
  clients: [{
    client_id: PORTAL.client_id,
    client_secret: PORTAL.client_secret,
    redirect_uris: [PORTAL.callback],
    post_logout_redirect_uris: [PORTAL.home],
    token_endpoint_auth_method: 'client_secret_post',
    id_token_signed_response_alg: alg,
  }],
  claims: {
    openid: ['sub'],
    profile: [
      'preferred_username', 'given_name', 'family_name',
      'eduperson_scoped_affiliation', 'schac_personal_unique_code',
    ],
    email: ['email', 'email_verified'],
  },
  cookies: { keys: ['for tests only'] },
  features: { devInteractions: { enabled: false } },
  findAccount: (ctx, subject) => people[subject] && {
    accountId: subject,
    claims: () => ({ sub: subject, ...people[subject] }),
  },
  interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
  jwks: { keys: [newKey(kid, alg)] },
  pkce: { required: () => true },
});

// Instead of a password the test names the person, or leaves: ?as=SUBJECT or ?leave=1.
const interact = async (request, response) => {
  const typed = new URL(request.url, provider.issuer).searchParams;
  const { prompt, session, params } = await provider.interactionDetails(request, response);
  let result;
  if (typed.has('leave')) {
    result = { error: 'access_denied' };
  } else if (prompt.name === 'consent') {
    const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
    grant.addOIDCScope(SCOPES);
    result = { consent: { grantId: await grant.save() } };
  } else if (typed.has('as')) {
    result = { login: { accountId: typed.get('as') } };
  } else {
    response.end('Who are you?');
    return;
  }
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
};

const server = createServer((request, response) => {
  if (!request.url.startsWith('/interaction/')) {
    provider.callback()(request, response);
    return;
  }
  interact(request, response).catch((error) => {
    response.statusCode = 500;
    response.end(String(error));
  });
});

server.listen(0, '127.0.0.1', async () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  provider = start(issuer, 'first', 'RS256');
  console.log(JSON.stringify({ issuer }));
  for await (const line of createInterface({ input: process.stdin })) {
    const command = JSON.parse(line);
    people = command.people ?? people;
    if (command.change_key) provider = start(issuer, 'second', 'ES256');
    console.log('{}');
  }
  process.exit(0);
});
