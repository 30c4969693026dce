CREATE FUNCTION "count_active_jobs"() RETURNS integer LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
  $$SELECT count(*)::int FROM job WHERE state IN ('accepted', 'listing', 'running', 'finalizing') AND mode <> 'shadow'$$;
--> statement-breakpoint
REVOKE ALL ON FUNCTION "count_active_jobs"() FROM PUBLIC;
