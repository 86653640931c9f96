"""The page of trends: how runs changed over versions and days, out of the Parquet tables of a fleet."""
