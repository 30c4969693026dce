# The nats-server of `npm run test:tools`, in the shape of the official image: arguments are the server's.
FROM lookalike-test/bookworm
RUN apt-get update && apt-get install -y --no-install-recommends wget && rm -rf /var/lib/apt/lists/*
COPY nats-server /usr/local/bin/
ENTRYPOINT ["nats-server"]
