CREATE FUNCTION "analyze_image"() RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public AS 'ANALYZE image';
--> statement-breakpoint
REVOKE ALL ON FUNCTION "analyze_image"() FROM PUBLIC;
