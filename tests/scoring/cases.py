"""Jobs and résumés written for the tests: for each job a strong, a middling and an off-field résumé."""

from __future__ import annotations

import hashlib

from engine.model import Job, ResumeText

RETAIL = Job(
    id="retail",
    title="Retail Shift Supervisor",
    requirements="""- 3+ years of experience in retail sales, including supervision of a team
- Confident with point of sale systems and cash handling
- Experience with inventory control and visual merchandising
- Staff scheduling and training of new employees
- Excellent customer service
- High school diploma or equivalent
- Forklift licence is a plus""",
    description="""You lead the shift on the sales floor, open and close the store, coach sales associates, resolve customer
complaints and make sure that daily sales targets are met.""",
    location="Leeds",
)
BACKEND = Job(
    id="backend",
    title="Senior Backend Engineer",
    requirements="""- At least 5 years of professional software development experience
- Strong Python and experience with FastAPI or Django
- Design of REST APIs and microservices
- PostgreSQL and query optimisation
- Docker and Kubernetes in production on AWS
- CI/CD pipelines and automated tests
- Bachelor's degree in computer science or equivalent experience
- Kafka is a plus""",
    description="You build and run the services behind our booking platform and mentor other developers.",
)
NURSE = Job(
    id="nurse",
    title="Registered Nurse",
    requirements="""- Registered nurse with at least 2 years of hospital experience
- Patient assessment, medication administration and wound care
- Monitoring of vital signs and infection control
- Accurate clinical documentation in an electronic health record
- Bachelor of Science in Nursing
- Basic life support certificate""",
    description="You care for patients on a surgical ward together with physicians and families.",
)
JOBS = {"retail": RETAIL, "backend": BACKEND, "nurse": NURSE}

RETAIL_STRONG = """Jane Doe
Retail Supervisor
14 Elm Street, Leeds LS1 4AB | +44 20 7946 0018 | jane.doe@example.com | linkedin.com/in/jane-doe

Summary
Retail supervisor who has led shifts in busy stores and enjoys coaching people.

Experience
Shift Supervisor - Northwind Grocery
March 2019 - Present
- Supervise a team of nine sales associates; plan the staff rota and train new staff
- Open and close the store, operate the point of sale tills and handle cash reconciliation
- Monthly inventory counts and visual merchandising of seasonal displays
- Resolve customer complaints and beat the daily sales targets in eleven of twelve months

Sales Associate - Bluebird Books
June 2016 - February 2019
- Customer service on the sales floor, POS, returns and refunds
- Restocked shelves and counted stock

Education
High School Diploma, Oak Hill School, 2016

Skills
POS systems, inventory control, scheduling, merchandising, cash handling, forklift licence
Updated May 2024
"""
RETAIL_MIDDLING = """John Smith
john.smith@example.com

Work Experience
Sales Assistant, Corner Shoes
January 2022 - December 2023
- Served customers, worked the till and kept the shop tidy
- Customer service and cash handling

Waiter, Harbour Cafe
May 2020 - December 2021
- Took orders and handled payments

Education
High School Diploma, 2020
"""
BACKEND_STRONG = """Maria Lopez
Senior Software Engineer
maria@example.org | (555) 010-0199

Experience
Senior Backend Developer, Contoso Travel
2019 - 2024
- Designed REST APIs and microservices in Python with FastAPI and PostgreSQL
- Ran services in Docker on Kubernetes (AWS EKS), with CI/CD in GitHub Actions
- Tuned slow queries and mentored four developers
- Introduced Kafka for booking events and automated tests with pytest

Software Engineer, Fabrikam
2016 - 2019
- Django web applications, PostgreSQL, Redis, Docker
- Unit tests and code review

Education
Bachelor of Science in Computer Science, Lakeside University, 2016

Skills
Python, FastAPI, Django, PostgreSQL, Docker, Kubernetes, AWS, Kafka, Terraform, CI/CD
"""
BACKEND_MIDDLING = """Sam Taylor
Web Developer

Experience
Web Developer, Pixel Studio
2021 - 2024
- Built an online shop in Python with Flask, MySQL and Docker
- REST APIs for the mobile app, JavaScript pages

Education
Bachelor of Science in Physics, Hill College, 2020

Skills
Python, Flask, JavaScript, HTML, CSS, MySQL, Git, Docker
"""
NURSE_STRONG = """Aisha Khan, RN
Registered Nurse
aisha@example.net

Professional Experience
Registered Nurse, Riverside Hospital, surgical ward
04/2018 - 10/2023
- Patient assessment, medication administration and wound care for up to six surgical patients
- Monitored vital signs, followed infection control rules, charted in the EHR
- Taught families and worked with physicians

Education
Bachelor of Science in Nursing, State University, 2017

Certifications
BLS, state nursing licence
"""
NURSE_MIDDLING = """Peter Novak
Practical Nurse

Experience
Practical Nurse, Sunny Home
2020 - 2023
- Helped residents with washing and meals, gave medication, measured vital signs
- Dressed wounds, kept care records and told the physician about changes

Education
Vocational diploma in nursing, 2019
"""
COOK = """Tom Brown
Line Cook

Experience
Line Cook, Golden Wok
2017 - 2023
- Cooked and plated dishes to order, prepared ingredients, cleaned the station
- Followed recipes and food hygiene rules

Education
High School Diploma, 2016
"""
STRONG = {"retail": RETAIL_STRONG, "backend": BACKEND_STRONG, "nurse": NURSE_STRONG}
MIDDLING = {"retail": RETAIL_MIDDLING, "backend": BACKEND_MIDDLING, "nurse": NURSE_MIDDLING}
OFF_FIELD = {"retail": NURSE_STRONG, "backend": COOK, "nurse": BACKEND_STRONG}


def resume(text: str) -> ResumeText:
    return ResumeText(text, hashlib.sha256(text.encode()).hexdigest(), "text")
