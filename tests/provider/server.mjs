// A real OpenID Connect provider (oidc-provider, certified by the OpenID Foundation) for the tests of tokens.
// Reads its configuration as JSON from standard input: {issuer, port, keys, clients}; prints "ready" once it listens.
// Of a client, `claims` stand in its access tokens; persons log in with any password.
import Provider from 'oidc-provider';

let text = '';
for await (const chunk of process.stdin) text += chunk;
const asked = JSON.parse(text);
const claims = Object.fromEntries(asked.clients.map((each) => [each.client_id, each.claims]));

const provider = new Provider(asked.issuer, {
  jwks: { keys: asked.keys },
  clients: asked.clients.map(({ claims: _, ...client }) => client),
  cookies: { keys: ['only for tests'] },
  scopes: ['openid', 'fleet.read'],
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => 'urn:holdfast',
      useGrantedResource: () => true,
      getResourceServerInfo: (_, resource) => ({
        scope: 'fleet.read',
        audience: resource,
        accessTokenTTL: 600,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: asked.keys[0].alg } },
      }),
    },
  },
  extraTokenClaims: (_, token) => claims[token.clientId],
});
provider.listen(asked.port, '127.0.0.1', () => console.log('ready'));
