CREATE TABLE "verified_pair" (
	"tenant" text NOT NULL,
	"version" smallint NOT NULL,
	"first" "bytea" NOT NULL,
	"second" "bytea" NOT NULL,
	"verdict" "bytea" NOT NULL,
	CONSTRAINT "verified_pair_tenant_version_first_second_pk" PRIMARY KEY("tenant","version","first","second")
);
