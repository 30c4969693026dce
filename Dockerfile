# One image for all services: docker run lookalike services/hasher/dist/main.js
# A release names its base by digest: deploy/compose/pin-images.sh.
ARG NODE_IMAGE=node:20-bookworm-slim
FROM ${NODE_IMAGE} AS build
# For the native kernels and the JPEG decoder; without a compiler WebAssembly and sharp do the work.
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY . .
RUN npm run -s build
# What the services need to run, and nothing of what built them.
RUN rm -rf node_modules packages/*/node_modules services/*/node_modules \
  && npx -y pnpm@12.21.0 install --prod --frozen-lockfile \
    --filter "@lookalike/api..." --filter "@lookalike/coordinator..." \
    --filter "@lookalike/hasher..." --filter "@lookalike/comparer..." \
  && npm run -s sbom \
  && rm -rf packages/local packages/deploy packages/cli \
  && chmod -R a+rX .

FROM ${NODE_IMAGE}
ENV NODE_ENV=production LOOKALIKE_HOST=0.0.0.0 LOOKALIKE_METRICS_HOST=0.0.0.0 LOOKALIKE_METRICS_PORT=9464
# They decode JPEG and WebP faster than sharp does: docs/hash-format.md.
RUN apt-get update && apt-get install -y --no-install-recommends libjpeg62-turbo libwebp7 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=build --chown=root:root /app ./
# It writes nothing but thumbnails, as whichever user the pictures belong to: run it with a read-only file system.
RUN install -d -m 1777 /thumbnails
USER node
EXPOSE 7373 9464
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9464/readyz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node"]
CMD ["services/api/dist/main.js"]
