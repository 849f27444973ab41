# The Node that the tests run on, to the patch (package.json has the same), on the current stable Debian: slim has
# what the service needs and little to patch, and its libc is the one that Node's own releases are built for.
FROM node:26.10.0-trixie-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# No dependency of the service needs a script to be installed, so none gets to run one.
RUN npm ci --omit=dev --ignore-scripts

FROM node:26.10.0-trixie-slim
LABEL org.opencontainers.image.title="Holdfast" \
      org.opencontainers.image.description="An order service that takes an order, charges it once, keeps the stock right, and loses nothing." \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="MIT"
# Package managers have no work here, and are most of what scanners find in a Node image.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /opt/yarn-*
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json package-lock.json openapi.yaml ./
COPY migrations ./migrations
COPY plugins ./plugins
COPY src ./src
# The operations listener stays on loopback until OPS_HOST and OPS_TOKEN say otherwise.
ENV NODE_ENV=production HOST=0.0.0.0
# The image's user "node", by number: Kubernetes can tell from it that runAsNonRoot holds. Nothing is ever written,
# so the root file system may be read-only.
USER 1000:1000
EXPOSE 3000 3001
STOPSIGNAL SIGTERM
# Node itself is process 1 and hears the signal; a shell or npm in between would keep it to itself.
CMD ["node", "--import", "./src/compile-cache.js", "src/main.ts"]
