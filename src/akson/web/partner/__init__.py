"""The pages of cooperating services: NAV, school, PPT, child welfare and others."""
