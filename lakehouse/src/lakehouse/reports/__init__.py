"""What people are shown of the quality of rows: how it went over time, and Great Expectations' documents."""
