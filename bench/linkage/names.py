"""Names as groups bear them, from what is publicly known of naming in England. Made without a look at the matcher."""

from __future__ import annotations

# Group: (share of persons, boys, girls, surnames). The first names of a list are borne most.
GROUPS: dict[str, tuple[float, str, str, str]] = {
    "White British": (
        0.44,
        "Oliver Jack Harry George Noah Charlie Jacob Alfie Freddie Oscar Leo Logan Archie Theo Thomas James Joshua "
        "Henry William Max Lucas Ethan Arthur Mason Isaac Harrison Teddy Finley Daniel Riley Edward Joseph Alexander "
        "Adam Reggie Samuel Jaxon Sebastian Elliot Elijah Toby Benjamin Tommy Jake Louie Luca Ellis Callum Connor "
        "Bradley Dexter Frankie Stanley Hugo Albie Jude Rory Ronnie Zachary Kian Liam Aiden Rhys Kieran Declan Robert "
        "Peter Michael Christopher Matthew Andrew Anthony Stephen Corey Jayden Jaydon Tyler Taylor Ryan Bryan",
        "Olivia Amelia Isla Emily Ava Ella Isabella Mia Poppy Evie Grace Lily Sophia Freya Jessica Sophie Charlotte "
        "Daisy Alice Sienna Florence Harper Phoebe Ruby Millie Rosie Evelyn Matilda Chloe Esme Lola Scarlett Imogen "
        "Eva Willow Elsie Emma Molly Erin Bella Ellie Maisie Thea Ivy Hannah Lucy Holly Abigail Jasmine Megan Georgia "
        "Elizabeth Katherine Rebecca Victoria Samantha Amelie Lilly Ellen Elena Annabelle Isabelle Martha Maria Maya "
        "Kayla Kyla Keira Kiera Leah Lia Zoe Chelsea Courtney Bethany Eleanor Natalie Natasha Tia Tiana Demi Skye",
        "Smith Jones Williams Taylor Brown Davies Evans Wilson Thomas Johnson Roberts Robinson Thompson Wright Walker "
        "White Edwards Hughes Green Hall Lewis Harris Clarke Jackson Wood Turner Martin Cooper Hill Ward Morris Moore "
        "Clark Lee King Baker Harrison Morgan Allen James Scott Phillips Watson Davis Parker Price Bennett Young "
        "Griffiths Mitchell Kelly Cook Carter Richardson Bailey Collins Bell Shaw Murphy Miller Cox Richards Marshall "
        "Anderson Simpson Ellis Adams Wilkinson Foster Chapman Mason Webb Rogers Gray Hunt Mills Holmes Palmer",
    ),
    "White Irish": (
        0.02,
        "Conor Sean Cian Patrick Liam Daniel Oisin Cillian Fionn Darragh Eoin Aidan Ronan Declan Shane Kevin Brendan",
        "Aoife Saoirse Ciara Niamh Roisin Caoimhe Orla Sinead Aisling Siobhan Grainne Eimear Clodagh Maeve Erin Shauna",
        "Murphy Kelly Sullivan Walsh Smith O'Brien Byrne Ryan O'Connor O'Neill O'Reilly Doyle McCarthy Gallagher "
        "Doherty Kennedy Lynch Murray Quinn Moore McLaughlin Carroll Connolly Daly Connell Wilson Dunne Brennan Burke "
        "Collins",
    ),
    "White other": (
        0.11,
        "Jakub Kacper Filip Antoni Jan Szymon Mateusz Michal Oliwier Dawid Andrei Stefan Alexandru Mihai Ionut "
        "Cristian Matei Luca Rares David Gabriel Daniil Maksim Nikita Artjom Lukas Matas Nojus Georgios Dimitrios "
        "Arben Besnik Mateo Tiago Joao Rodrigo Miguel Marco Lorenzo Ivan Georgi Dimitar Kristian Vlad Bogdan",
        "Zuzanna Julia Zofia Hanna Maja Lena Oliwia Aleksandra Natalia Wiktoria Maria Andreea Ioana Elena Gabriela "
        "Bianca Daria Alexandra Sofia Anastasija Viktorija Emilija Gabija Liepa Ema Eleni Despina Arta Elira Beatriz "
        "Ines Leonor Giulia Chiara Martina Gergana Tsvetelina Desislava Ivana Katarzyna Karolina Weronika Nikola",
        "Nowak Kowalski Wisniewski Wojcik Kowalczyk Kaminski Lewandowski Zielinski Szymanski Wozniak Dabrowski "
        "Kozlowski Mazur Jankowski Popescu Ionescu Popa Dumitru Stan Gheorghe Rusu Munteanu Matei Constantin Marin "
        "Kazlauskas Petrauskas Jankauskas Hoxha Shehu Dervishi Krasniqi Silva Santos Ferreira Pereira Oliveira Costa "
        "Rossi Russo Ferrari Ivanov Georgiev Dimitrov Petrov Papadopoulos Georgiou Andreou",
    ),
    "Pakistani and Bangladeshi": (
        0.12,
        "Mohammed Muhammad Mohammad Ahmed Ali Hassan Hussain Ibrahim Yusuf Omar Hamza Abdullah Bilal Zain Ayaan "
        "Rayyan Haris Umar Usman Adam Zayd Ismail Musa Isa Sulayman Imran Kamran Faisal Tariq Nasir Shahid Asad Fahad "
        "Saad Tahmid Tanvir Rafiq Shakil Rahim Karim Jamal Kamal Mahir Mahmud Rehan Raihan Sufyan Talha",
        "Aisha Fatima Maryam Zainab Khadija Hafsa Amina Safa Aaliyah Zara Sana Hira Iqra Noor Laiba Anaya Inaya Eshal "
        "Ayesha Sumayya Ruqayya Asma Nadia Rabia Saima Shazia Farah Samina Rukhsana Nasreen Tahmina Sharmin Nusrat "
        "Jannat Sadia Sabrina Tasnim Farzana Rumana Shabnam Mariam Sara Saira",
        "Khan Ahmed Hussain Ali Begum Akhtar Malik Iqbal Mahmood Hassan Shah Mohammed Bibi Rehman Butt Mirza Chaudhry "
        "Qureshi Raja Aslam Rashid Saleem Sheikh Yousaf Zaman Uddin Miah Islam Chowdhury Rahman Alam Haque Choudhury "
        "Khatun Sultana Hoque Karim Kabir Siddique Siddiqui Javed Anwar Baig Riaz Nawaz Parveen Kausar",
    ),
    "Indian": (
        0.09,
        "Aarav Arjun Rohan Vivaan Dhruv Krish Dev Rishi Aryan Ishaan Om Veer Jay Shiv Kiran Nikhil Rahul Amit Vijay "
        "Raj Harpreet Gurpreet Jaspreet Manpreet Amrit Arjan Jeevan Karan Simran Ranveer Hardeep Sukhdeep Mandeep "
        "Pranav Siddharth Kavin Sai Akash Neel Yash",
        "Anaya Diya Aanya Priya Riya Isha Anika Kavya Meera Ananya Saanvi Aarohi Khushi Pooja Neha Shreya Nisha Asha "
        "Harpreet Gurpreet Jaspreet Manpreet Simran Kiran Navneet Amrit Jasleen Harleen Avneet Ishani Tanvi Trisha "
        "Radha Krishna Lakshmi Divya Janvi Hetal Krupa Mansi",
        "Patel Singh Kaur Shah Sharma Kumar Gill Sidhu Dhillon Sandhu Grewal Desai Mehta Joshi Mistry Parmar Chauhan "
        "Gandhi Amin Trivedi Pandya Bhatt Vyas Solanki Rathod Nair Menon Iyer Reddy Rao Naidu Krishnan Pillai Chopra "
        "Kapoor Malhotra Bains Sahota Bhogal Virdee Panesar Sagoo Thakrar Popat Lakhani",
    ),
    "Black African": (
        0.1,
        "Emmanuel Daniel David Samuel Joshua Michael Joseph Elijah Gabriel Emeka Chidi Tunde Kwame Kofi Kojo Yaw "
        "Ayomide Oluwaseun Temitope Chukwuemeka Ifeanyi Segun Femi Babatunde Abdi Abdirahman Mohamed Ahmed Ibrahim "
        "Ismail Yusuf Hassan Liban Mahad Zakaria Bilal Mamadou Ousmane Tinashe Tendai Blessing Prince Jeremiah",
        "Blessing Grace Esther Deborah Ruth Mary Precious Faith Joy Chioma Adaeze Ngozi Amaka Folake Temilade Ayomide "
        "Oluwatobi Titilayo Abena Akosua Ama Efua Adwoa Amina Hodan Fadumo Halima Sahra Asha Khadra Hibo Ifrah Maryan "
        "Naima Fatou Aissatou Rutendo Chipo Nyasha Peace Favour Tamara",
        "Adeyemi Okafor Okeke Eze Mensah Owusu Boateng Asante Osei Appiah Agyemang Adjei Okonkwo Nwosu Obi Adebayo "
        "Ogunleye Balogun Afolabi Oladipo Olawale Adewale Ojo Ali Mohamed Ahmed Hassan Abdi Omar Hussein Ibrahim "
        "Yusuf Farah Warsame Jama Nur Osman Diallo Bah Barry Kamara Sesay Conteh Moyo Ncube Dube Chikwanha Mutasa "
        "Traore",
    ),
    "Black Caribbean": (
        0.05,
        "Jayden Tyrell Kai Malachi Tyrese Jerome Dwayne Leon Marlon Curtis Darnell Andre Nathan Isaiah Elijah Josiah "
        "Micah Reuben Kyron Tremaine Shaquille Rashaan Zion Amari Kymani Omari Jamal Jermaine Kareem Devonte",
        "Shanice Aaliyah Kiara Chanel Shanelle Jada Imani Amara Nevaeh Destiny Tiana Kezia Latoya Naomi Tamika Simone "
        "Rochelle Renee Monique Danielle Ebony Jasmine Alisha Shania Keisha Tanisha Leticia Zaria Nyah Serena",
        "Campbell Brown Williams Clarke Lewis Johnson Thompson Morgan Gordon Grant Francis Reid Stewart Palmer Henry "
        "Samuels Bailey Powell Wright Blake Barrett McKenzie Edwards Simpson Davis Anderson Charles Joseph Allen "
        "Walters Richards Gayle Dixon Forbes Facey Bennett",
    ),
    "Chinese and Vietnamese": (
        0.02,
        "Wei Jun Hao Ming Jian Kevin Jason Ryan Lucas Ethan Zihan Yuxuan Haoran Minh Duc Hung Anh Tuan Long Nam Khanh "
        "Bao",
        "Mei Ling Xin Yan Hui Emily Jessica Amy Yuxin Zixuan Xinyi Jiayi Linh Anh Trang Huong Thao Ngoc Mai Lan Phuong",
        "Wang Li Zhang Liu Chen Yang Huang Zhao Wu Zhou Xu Sun Ma Zhu Hu Lin Guo He Gao Luo Cheung Chan Wong Lam "
        "Leung Ho Nguyen Tran Le Pham Hoang Phan Vu Dang Bui Do",
    ),
    "Arab and other": (
        0.05,
        "Omar Ali Hassan Hussein Mohammed Ahmad Mahmoud Karim Khaled Youssef Ibrahim Mustafa Abdullah Tarek Samir "
        "Nabil Rami Fadi Bashar Firas Reza Amir Arash Kian Dara Rebin Azad Karwan Hiwa Rahman Farhad Mehdi",
        "Fatima Mariam Layla Nour Yasmin Sara Hana Salma Rania Dina Lina Aya Jana Zeinab Rima Farah Shirin Parisa "
        "Nazanin Leila Roya Shilan Avin Rojin Zahra Maryam Narges Samira",
        "Hassan Ali Ahmed Mahmoud Ibrahim Khalil Saleh Hussein Mansour Haddad Nasser Younes Aziz Rashid Karimi Ahmadi "
        "Hosseini Rezaei Mohammadi Jafari Rahimi Amiri Salih Karim Omar Rasul Tahir Qasim Hamad Sharif",
    ),
}

# Those who come unaccompanied: names of the countries most come from.
UNACCOMPANIED = (
    "Mohammad Ahmad Abdul Ali Hamid Rahim Zabiullah Najib Farid Jamshid Samiullah Esmatullah Habib Karim Mustafa "
    "Filmon Yonas Samuel Dawit Merhawi Abel Natnael Robel Henok Mohamed Ibrahim Abdalla Adam Yasir Osman Idris "
    "Hama Rebin Karwan Aram Sarkawt Diyar Besnik Arben Ergi Fatjon Minh Hung Tuan",
    "Fatima Zahra Helen Selam Winta Bisrat Mona Amal Huda Linh Trang Mai Shilan Rojin",
    "Khan Ahmadi Mohammadi Stanikzai Safi Noori Rahimi Zadran Ahmadzai Hotak Tesfay Haile Gebremedhin Tekle "
    "Berhane Kidane Mohamed Ahmed Adam Abdalla Ibrahim Osman Ali Hassan Salih Karim Omar Rasul Hoxha Shehu Nguyen "
    "Tran Pham",
)

# Groups whose names come from other scripts, and are spelt as the clerk hears them.
TRANSLITERATED = frozenset({"Pakistani and Bangladeshi", "Arab and other", "Unaccompanied"})
SPELLINGS = (
    ("ou", "u"), ("oo", "u"), ("ee", "i"), ("aa", "a"), ("ei", "ai"), ("kh", "k"), ("q", "k"), ("dh", "d"), ("mm", "m"),
    ("ss", "s"), ("ll", "l"), ("ay", "ai"), ("ah", "a"), ("y", "i"), ("u", "o"), ("e", "a"), ("i", "ee"), ("u", "oo"),
    ("k", "kh"), ("a", "aa"), ("w", "v"), ("z", "s"),
)  # fmt: skip

# What people are called for short (also: for long), on other papers than the first.
NICKNAMES = {
    "Oliver": "Ollie", "Charlie": "Charles", "Alfie": "Alfred", "Freddie": "Frederick", "Archie": "Archibald",
    "Theo": "Theodore", "Thomas": "Tom", "James": "Jamie", "Joshua": "Josh", "Henry": "Harry", "William": "Billy",
    "Daniel": "Danny", "Edward": "Eddie", "Joseph": "Joe", "Alexander": "Alex", "Samuel": "Sam", "Benjamin": "Ben",
    "Zachary": "Zac", "Robert": "Bobby", "Peter": "Pete", "Michael": "Mikey", "Christopher": "Chris",
    "Matthew": "Matt", "Andrew": "Andy", "Anthony": "Tony", "Stephen": "Steve", "Patrick": "Paddy", "Max": "Maximilian",
    "Sebastian": "Seb", "Harrison": "Harry", "Frankie": "Francis", "Ronnie": "Ronald", "Emily": "Em", "Ella": "Ellie",
    "Isabella": "Bella", "Jessica": "Jess", "Sophie": "Soph", "Charlotte": "Lottie", "Florence": "Flo",
    "Millie": "Amelia", "Matilda": "Tilly", "Imogen": "Immy", "Abigail": "Abi", "Megan": "Meg", "Georgia": "Georgie",
    "Elizabeth": "Lizzie", "Katherine": "Katie", "Rebecca": "Becky", "Victoria": "Vicky", "Samantha": "Sam",
    "Ellie": "Eleanor", "Natalie": "Nat", "Bethany": "Beth", "Eleanor": "Nell", "Annabelle": "Bella", "Ellen": "Nell",
    "Mohammed": "Mo", "Muhammad": "Mo", "Gabriel": "Gabe", "Emmanuel": "Manny", "Michal": "Michael", "Jakub": "Kuba",
    "Aleksandra": "Ola", "Katarzyna": "Kasia", "Alexandru": "Alex", "Alexandra": "Alex", "Jeremiah": "Jerry",
    "Harpreet": "Harry", "Deborah": "Debbie", "Siddharth": "Sid", "Danielle": "Dani", "Isaac": "Zac", "Nathan": "Nate",
    "Leon": "Leo", "Jermaine": "Jay", "Krish": "Krishna", "Oluwaseun": "Seun", "Oluwatobi": "Tobi", "Temitope": "Tope",
    "Abdirahman": "Abdi", "Ayomide": "Ayo", "Chukwuemeka": "Emeka", "Yusuf": "Joseph", "Ibrahim": "Abraham",
}  # fmt: skip

# Of rarer English surnames there are more than of all others together.
SURNAME_BEGINS = (
    "Ash Black Brad Burn Chat Clif Crow Dal Dray East Elm Fair Far Gold Gran Hart Hazel Hol Horn Kings Lang Lin "
    "Marl Mid Nor Oak Pem Ram Red Ros Sand Shel Stan Sut Thorn Wal Wen Whit Win Wood Wyn York"
)
SURNAME_ENDS = (
    "bourne bridge brook bury by combe cott croft dale den don field ford gate ham hurst ing land ley low man "
    "more more ridge sey shaw son stead stone ston thorpe ton wall ward water way well wick worth yard"
)
