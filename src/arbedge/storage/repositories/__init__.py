"""Domain values in, domain values out, kept in the records: opportunities, rejections, funding settlements.

Each class fills a port of the stage that owns it (`SqliteOpportunityArchive` the opportunities' archive). SQL
stays in here; deciding what an opportunity is worth stays out.
"""
